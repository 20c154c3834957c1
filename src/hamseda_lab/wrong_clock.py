"""Run a Python program whose clock is wrong. Only its own: this machine's stays as it is.

Usage: python -m hamseda_lab.wrong_clock SECONDS MODULE ARGUMENTS...
"""

import runpy
import sys
import time


def main() -> None:
    """Set the clock and become the program."""
    wrong, module = float(sys.argv[1]), sys.argv[2]
    right = time.time
    time.time = lambda: right() + wrong
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
