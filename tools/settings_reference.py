"""Write docs/reference/settings.md from the settings: `python tools/settings_reference.py`.

`--check` writes nothing and fails when the page is not what the settings say.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from hamseda.serve.config import Settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "settings.md"
_HEAD = """\
# Settings of a home

<!-- Written by tools/settings_reference.py from src/hamseda/serve/config.py. Do not edit. -->

Every setting has a default; a home runs without any. They are read from a TOML file (`--config
FILE`), and the command line wins over the file: `--host`, `--port`, `--tls`, `--public` and
`--site` by name, every other one as `--set NAME=VALUE`. An unknown name is an error (exit
status 2).

```toml
port = 443
tls = ["/etc/home/fullchain.pem", "/etc/home/key.pem"]
public = ["https://home.example"]
lines_per_prefix = 64
```

| setting | type | default | from–to | meaning |
|---|---|---|---|---|
"""


def page() -> str:
    """Give the whole page."""
    return _HEAD + "".join(map(_row, fields(Settings)))


def _row(entry: Any) -> str:
    default: object = entry.default
    low, high = entry.metadata.get("low"), entry.metadata.get("high")
    span = "" if low is None else f"{low}–{high}"
    return (
        f"| `{entry.name}` | {_kind(default)} | {_shown(default)} | {span} |"
        f" {entry.metadata['doc']} |\n"
    )


def _kind(default: object) -> str:
    if isinstance(default, bool):
        return "true or false"
    if isinstance(default, int):
        return "number"
    return "texts" if isinstance(default, tuple) else "text"


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return "–" if default in ("", ()) else f"`{default}`"


def main() -> int:
    """Write the page, or with `--check` only compare it."""
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.read_text(encoding="utf-8") == page() else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
