"""Make a table of a matrix, for people."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final

from hamseda_lab.profiles import known_profiles
from hamseda_lab.weather import GOOD, OPEN

_PAGE_HEAD: Final = """# Networks that the lab imitates

<!-- Written by `hamseda-lab profiles --markdown` from the profiles themselves. Do not edit. -->

Each is one documented way of blocking, as a plain Python file in `src/hamseda_lab/profiles/`
([how to add one](../how-to/add-a-network-to-the-lab.md)). Field reports are of one operator and
short-lived: a row says what was seen then, not what is there now.
The last column: **V** read in a primary text or artifact, **F** a field report, **M** recalled and
not read again, **D** a choice of ours, because no rule was ever published packet by packet.
A *client* is on the censored side; the packets of two clients to each other cross no border.
"""

Results = Sequence[Mapping[str, Any]]


def table(results: Results) -> str:
    """Write Markdown: a row for each profile, a column for each system and placement."""
    columns = columns_of(results)
    head = ["profile", "as of", "", *(", ".join(filter(None, column)) for column in columns)]
    lines = [row(head), row(["---"] * len(head))]
    for profile, about in profiles_of(results).items():
        fields = ([r for r in results if is_of(r, profile, column)] for column in columns)
        name = f"{profile} `{about['name']}`"
        lines.append(row([name, about["as_of"], about["confidence"], *map(call_in_words, fields)]))
    sums = [_sum([r for r in results if is_of(r, None, column)]) for column in columns]
    lines.append(row(["**sum**", "", "", *sums]))
    return "\n".join(lines) + "\n"


def networks_page() -> str:
    """Write the page of all networks that the lab imitates (docs/reference/networks.md)."""
    rows = [
        row(
            [
                about.id,
                f"`{about.name}`",
                about.rule,
                about.choices,
                about.source,
                about.as_of,
                about.confidence,
            ]
        )
        for about in (kind.about for kind in known_profiles().values())
    ]
    head = ["id", "name", "rule", "what we chose where the source is silent", "source", "as of", ""]
    return "\n".join([_PAGE_HEAD, row(head), row(["---"] * len(head)), *rows]) + "\n"


Column = tuple[str, str, str]
"""A system, a placement, and what else is special, in words."""


def columns_of(results: Results) -> list[Column]:
    """Give the systems and placements, ours first."""
    found = {_column_of(each) for each in results}
    return sorted(found, key=lambda each: (not each[0].startswith("hamseda"), each))


def profiles_of(results: Results) -> dict[str, Mapping[str, str]]:
    """Give what each profile says of itself, known ones first and in their order."""
    told: dict[str, Mapping[str, str]] = {}
    for result in results:
        told[str(result["profile"])] = result["about"]
    known = [profile for profile in known_profiles() if profile in told]
    return {profile: told[profile] for profile in [*known, *sorted(set(told) - set(known))]}


def is_of(result: Mapping[str, Any], profile: str | None, column: Column) -> bool:
    """Tell whether a result belongs to a profile (None: any) and a column."""
    return profile in (None, result["profile"]) and _column_of(result) == column


def _column_of(result: Mapping[str, Any]) -> Column:
    special: list[str] = []
    if result["switch_at"] is not None:
        special.append(f"from {result['switch_at']:.0f} s on")
    weather = weather_of(result)
    if weather != GOOD:
        special.append(weather)
    return str(result["system"]), str(result["placement"]), ", ".join(special)


def call_in_words(results: Results) -> str:
    """Say what became of the calls of one field."""
    if not results:
        return ""
    connected = [each for each in results if each["connected"]]
    sign = "yes" if len(connected) == len(results) else "no" if not connected else "partly"
    words = [sign if len(results) == 1 else f"{sign} {len(connected)}/{len(results)}"]
    if not all(each["control"]["connected"] for each in results):
        words.append("control failed")
    if not connected:
        words.append(str(results[-1]["ended_reason"]))
        return ", ".join(words)
    words.append(f"{_median(connected, 'setup_s'):.1f} s")
    words.append(f"{_median(connected, 'on_time'):.1%}")
    gap = _median(connected, "longest_gap_s")
    if gap:
        words.append(f"gap {gap:.1f} s")
    return ", ".join(words)


def _sum(results: Results) -> str:
    profiles = {each["profile"] for each in results}
    failed = {each["profile"] for each in results if not each["connected"]}
    words = [f"{len(profiles - failed)} of {len(profiles)}"]
    connected = [each for each in results if each["connected"]]
    if connected:
        setup, on_time = _median(connected, "setup_s"), _median(connected, "on_time")
        words.append(f"median {setup:.1f} s, {on_time:.1%}")
    return "; ".join(words)


def _median(results: Results, name: str) -> float:
    values = [each[name] for each in results if each[name] is not None]
    return median(values) if values else 0.0


def weather_of(result: Mapping[str, Any]) -> str:
    """Name what went wrong without a censor."""
    return str(result.get("weather", GOOD))


def is_weather(result: Mapping[str, Any]) -> bool:
    """Tell whether a result is of a trouble that no censor makes."""
    return result["profile"] == OPEN and weather_of(result) != GOOD


def row(cells: Iterable[str]) -> str:
    """Write a row of a Markdown table."""
    return f"| {' | '.join(cells)} |"
