"""Try each change of one line that docs/explanation/attacks.md lists: its test must turn red.

python tools/try_mutations.py [PART OF A TEST'S NAME]
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.attacks.mutations import MUTATIONS, run_against, turned_red


def main() -> int:
    """Try the mutations whose test's name contains the first argument; 1 when one went unseen."""
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    unseen = 0
    for mutation in MUTATIONS:
        if part not in mutation.test:
            continue
        with tempfile.TemporaryDirectory() as folder:
            result = run_against(mutation, Path(folder))
        is_red = turned_red(result)
        unseen += not is_red
        print(f"{'red ' if is_red else 'MISSED'}  {mutation.file}  ->  {mutation.test}", flush=True)
        if not is_red:
            print(result.stdout[-3000:])
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
