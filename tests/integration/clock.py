"""Let a process live at another time, as far as it asks Python for the date."""

from __future__ import annotations

from pathlib import Path

DAY = 24 * 3600


def wrong_clock(folder: Path, seconds: int) -> dict[str, str]:
    """Give the environment of a process whose clock is `seconds` ahead (or behind, if negative).

    Only the date is wrong; what measures durations goes on as it should, as on a real machine.
    """
    place = folder / f"clock{seconds:+d}"
    place.mkdir(exist_ok=True)
    (place / "sitecustomize.py").write_text(
        f"import time\nright = time.time\ntime.time = lambda: right() + {seconds}\n",
        encoding="utf-8",
    )
    return {"PYTHONPATH": str(place)}
