"""Run a command and draw what it printed: `python tools/terminal_picture.py FILE.svg COMMAND…`.

`docs/img/demo.svg` is `python tools/terminal_picture.py docs/img/demo.svg make demo`. The folder of
the recordings is shortened, so that the picture names no machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

CELL_WIDTH = 8.4
"""Pixels of one character of the font at its size; every word is placed by it."""
LINE_HEIGHT = 20
MARGIN = 18
BAR = 30
COLUMNS = 96
STYLE = (
    "text{font:14px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;"
    "fill:#d6deeb;white-space:pre}.c{fill:#7fdbca}"
)

_TEMPORARY = re.compile(re.escape(tempfile.gettempdir()) + r"/hamseda-demo-\w+")
_WORD = re.compile(r"\S+")


def draw(command: str, output: str) -> str:
    """Draw a terminal that shows a command and its output."""
    lines = [f"$ {command}", *_TEMPORARY.sub("…/hamseda-demo", output).splitlines()]
    width = round(COLUMNS * CELL_WIDTH) + 2 * MARGIN
    height = BAR + len(lines) * LINE_HEIGHT + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>What {escape(command)} prints</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" rx="10" fill="#0b1e2d"/>',
        *(
            f'<circle cx="{MARGIN + 4 + 18 * i}" cy="{BAR // 2 + 3}" r="5" fill="#2f4a5f"/>'
            for i in range(3)
        ),
    ]
    for number, line in enumerate(lines):
        y = BAR + MARGIN + number * LINE_HEIGHT
        style = ' class="c"' if number == 0 else ""
        parts += [
            f'<text x="{MARGIN + column * CELL_WIDTH:.1f}" y="{y}"{style}>{escape(word)}</text>'
            for column, word in words(line)
        ]
    return "\n".join([*parts, "</svg>", ""])


def words(line: str) -> Iterator[tuple[int, str]]:
    """Split a line into words and the terminal columns they begin at; an emoji takes two."""
    for match in _WORD.finditer(line):
        yield _columns(line[: match.start()]), match.group()


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def main(arguments: Sequence[str]) -> int:
    """Run the command and write the picture."""
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    target, command = Path(arguments[0]), list(arguments[1:])
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(draw(" ".join(command), done.stdout), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
