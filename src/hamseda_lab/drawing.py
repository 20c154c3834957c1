"""Draw a matrix, for those who look first."""

from typing import Any, Final
from xml.sax.saxutils import escape

from hamseda_lab.report import Results, columns_of, is_of, is_weather, profiles_of

_LEFT, _TOP = 210, 62
_WIDE, _HIGH = 104, 22
_XMLNS: Final = 'xmlns="http://www.w3.org/2000/svg"'
_FONT: Final = 'font-family="sans-serif" font-size="12"'
_COLOURS: Final = {"yes": "#2e7d32", "partly": "#b26a00", "no": "#b3261e", "": "#9e9e9e"}


def drawing(results: Results) -> str:
    """Write an SVG: a row for each profile, a column for each system and placement.

    A field says how long it took to connect, or no; of several calls, how many connected. Where the
    network began to block in the middle of a call, it says how long the silence was.
    """
    results = [each for each in results if not is_weather(each)]
    columns, profiles = columns_of(results), profiles_of(results)
    wide, high = _LEFT + _WIDE * len(columns) + 10, _TOP + _HIGH * len(profiles) + 10
    parts = [
        f'<svg {_XMLNS} viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" {_FONT}>',
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>',
    ]
    for number, (system, *where) in enumerate(columns):
        middle = _LEFT + _WIDE * number + _WIDE // 2
        parts.append(_text(middle, _TOP - 42, system, anchor="middle"))
        for up, word in zip((26, 10), where, strict=True):
            parts.append(_text(middle, _TOP - up, word, anchor="middle", colour="#555555"))
    for row, (profile, about) in enumerate(profiles.items()):
        top = _TOP + _HIGH * row
        parts.append(_text(8, top + 15, f"{profile} {about['name']}"))
        for number, column in enumerate(columns):
            word, colour = _field([each for each in results if is_of(each, profile, column)])
            left = _LEFT + _WIDE * number + 1
            place = f'x="{left}" y="{top + 1}" width="{_WIDE - 2}" height="{_HIGH - 2}"'
            parts.append(f'<rect {place} rx="3" fill="{colour}"/>')
            middle = left + _WIDE // 2 - 1
            parts.append(_text(middle, top + 15, word, anchor="middle", colour="#ffffff"))
    return "\n".join([*parts, "</svg>\n"])


def _field(results: list[Any]) -> tuple[str, str]:
    connected = [each for each in results if each["connected"]]
    if not results:
        return "–", _COLOURS[""]
    if not connected:
        return "no", _COLOURS["no"]
    if len(connected) < len(results):
        return f"{len(connected)} of {len(results)}", _COLOURS["partly"]
    what = "setup_s" if connected[0]["switch_at"] is None else "longest_gap_s"
    times = sorted(each[what] for each in connected)
    return f"{times[len(times) // 2]:.1f} s", _COLOURS["yes"]


def _text(x: int, y: int, words: str, *, anchor: str = "start", colour: str = "#1b1b1b") -> str:
    where = f'x="{x}" y="{y}" text-anchor="{anchor}"'
    return f'<text {where} fill="{colour}">{escape(words)}</text>'
