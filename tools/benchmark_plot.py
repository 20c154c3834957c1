"""Draw what `sound_on_bad_networks` found, for those who look first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final
from xml.sax.saxutils import escape

from bench._summary import ENDS, PESQ_GOALS

Samples = Mapping[str, Sequence[Mapping[str, float]]]

_COLOURS: Final = {
    "terminal": "#0b5394",
    "page": "#3d85c6",
    "page-terminal": "#9fc5e8",
    "webrtc": "#b45f06",
    "webrtc-turn": "#f6b26b",
}
_NAMES: Final = {
    "terminal": "terminal ↔ terminal",
    "page": "page ↔ page",
    "page-terminal": "page ↔ terminal",
    "webrtc": "WebRTC over UDP",
    "webrtc-turn": "WebRTC over coturn by TCP",
}
_LEFT, _WIDE, _BAR = 60, 850, 26
_HIGH, _GAP, _HEAD, _FOOT = 190, 50, 70, 30


@dataclass(frozen=True, slots=True)
class _Panel:
    """Be one diagram: bars in groups, one group for each profile."""

    title: str
    name: str
    """What of a sample is shown, behind the side it belongs to or before it."""
    low: float
    high: float
    step: float
    goals: Mapping[str, float]
    write: Callable[[float], str]


_PANELS: Final = (
    _Panel("PESQ wide-band", "pesq_of_{}", 1.0, 4.6, 1.0, PESQ_GOALS, "{:.2f}".format),
    _Panel("mouth to ear, ms", "{}_to_ear_ms", 0.0, 700.0, 200.0, {}, "{:.0f}".format),
)


def plot(samples: Samples) -> str:
    """Write an SVG of the medians over rounds and sides; a black line is a goal of ours."""
    cells = [cell.split("/") for cell in samples]
    profiles = list(dict.fromkeys(profile for profile, _ in cells))
    systems = [name for name in _COLOURS if any(name == system for _, system in cells)]
    high = _HEAD + len(_PANELS) * (_HIGH + _GAP) + _FOOT
    size = f'viewBox="0 0 {_WIDE + 70} {high}" font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f'<rect width="{_WIDE + 70}" height="{high}" fill="#ffffff"/>',
        _text(_LEFT, 20, "Speech over 100 ms of round trip, by loss", size=15),
    ]
    for number, system in enumerate(systems):
        left = _LEFT + 172 * number
        parts.append(_box(left, 34, 12, 12, _COLOURS[system]))
        parts.append(_text(left + 17, 44, _NAMES[system]))
    for number, panel in enumerate(_PANELS):
        floor = _HEAD + (_HIGH + _GAP) * number + _HIGH
        parts += _panel(panel, floor, samples, profiles, systems)
    return "\n".join([*parts, "</svg>\n"])


def _panel(
    panel: _Panel, floor: int, samples: Samples, profiles: Sequence[str], systems: Sequence[str]
) -> list[str]:
    parts = [_text(_LEFT, floor - _HIGH + 6, panel.title)]
    scale = (_HIGH - 20) / (panel.high - panel.low)
    value = panel.low
    while value <= panel.high:
        y = floor - (value - panel.low) * scale
        parts.append(_line(_LEFT, _LEFT + _WIDE, y, "#dddddd"))
        parts.append(_text(_LEFT - 6, y + 4, f"{value:g}", anchor="end"))
        value += panel.step
    group = _WIDE / len(profiles)
    for place, profile in enumerate(profiles):
        middle = _LEFT + group * (place + 0.5)
        begin = middle - _BAR * len(systems) / 2
        for number, system in enumerate(systems):
            found = _median(samples.get(f"{profile}/{system}", ()), panel.name)
            if found is None:
                continue
            tall = (min(max(found, panel.low), panel.high) - panel.low) * scale
            left = begin + _BAR * number
            parts.append(_box(left + 1, floor - tall, _BAR - 2, tall, _COLOURS[system]))
            words = panel.write(found)
            parts.append(_text(left + _BAR / 2, floor - tall - 3, words, anchor="middle", size=10))
        if profile in panel.goals:
            y = floor - (panel.goals[profile] - panel.low) * scale
            parts.append(_line(begin, begin + _BAR * len(systems), y, "#000000"))
        parts.append(_text(middle, floor + 16, f"loss of {profile}", anchor="middle"))
    return parts


def _median(samples: Sequence[Mapping[str, Any]], name: str) -> float | None:
    keys = [name.format(end) for end in ENDS]
    found = [float(sample[key]) for sample in samples for key in keys if key in sample]
    return median(found) if found else None


def _box(x: float, y: float, wide: float, high: float, colour: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}"'
    return f'<rect {place} fill="{colour}"/>'


def _line(x: float, to: float, y: float, colour: str) -> str:
    return f'<path d="M{x:.1f} {y:.1f}H{to:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 12) -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
    return f'<text {where} fill="#1b1b1b">{escape(words)}</text>'
