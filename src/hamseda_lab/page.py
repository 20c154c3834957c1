"""Write the page of a matrix: what was measured, and what stayed red (docs/reference/matrix.md)."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

from hamseda_lab.report import Results, call_in_words, is_weather, row, table, weather_of
from hamseda_lab.weather import WEATHERS

_HEAD: Final = """# The matrix: real calls across networks that block them

<!-- Written by `hamseda-lab report bench/results/matrix.jsonl --page`. Do not edit. -->

![The matrix](../img/matrix.svg)

Each field is a call with speech in [the lab](../how-to/add-a-network-to-the-lab.md), across one
[network that blocks](networks.md): whether at least 95 % of the frames were on time for 15 s on
both sides, seconds from calling until both heard each other, the share of all frames on time, the
longest silence. The caller is on the censored side; the callee too where it says *inside-inside*.
Each stands beside a call of the same system on the same network without the censor, of the last ten
minutes.

What a censor knows here: the home's name, its prefix as that of hosting companies and of relays,
and the signalling port. It does not know the fronts, one abroad and one in the country, which the
invitation names; no system but ours can have such. `hamseda-home-only` is ours without them.
`webrtc-coturn` is Chromium's WebRTC with coturn on UDP, TCP and TLS at the home's address, and its
signalling is carried by hand, so that nothing can block it; `mumble` is Debian's server with a
client that falls back on TCP. Both find the direct way where there is one.

Chromium of today puts its name into the second datagram of QUIC and DTLS: P11 and P16 as they were
published find nothing in it.
"""

_SWITCHED: Final = """
## When the network begins to block in the middle of a call

The profile is switched on ten seconds into the call. A call counts where at least 95 % of the last
ten seconds' frames were on time, and its silence stands beside it.
"""

_LONGEST: Final = 160

_RED: Final = """
## What failed

| system | network | ended as | what the caller was told | packets touched |
| --- | --- | --- | --- | --- |"""

_WEATHER: Final = """
## What is no censor

Bad links, and everyday troubles, on the open network: a call goes on where it can, and nobody may
be told that he is blocked. Trouble begins after the control. A browser tells its page nothing of
why a server is not reached: the page says no more.
"""

_WEATHER_HEAD: Final = """| trouble | system | call | what the caller was told | fits |
| --- | --- | --- | --- | --- |"""


def matrix_page(results: Results) -> str:
    """Write it."""
    weather = [each for each in results if is_weather(each)]
    results = [each for each in results if not is_weather(each)]
    whole = [each for each in results if each["switch_at"] is None]
    switched = [each for each in results if each["switch_at"] is not None]
    parts = [_HEAD]
    if results:
        parts += [_made_by(results), table(whole)]
    if switched:
        parts += [_SWITCHED, table(switched)]
    if weather:
        order = [*WEATHERS, *sorted({weather_of(each) for each in weather} - set(WEATHERS))]
        weather.sort(key=lambda each: (order.index(weather_of(each)), str(each["system"])))
        parts += [_WEATHER, _made_by(weather)]
        parts.append("\n".join([_WEATHER_HEAD, *map(_weather, weather), ""]))
    red = [_red(each) for each in results if not each["connected"]]
    if red:
        parts.append("\n".join([_RED, *red, ""]))
    return "\n".join(parts)


def _made_by(results: Results) -> str:
    days = sorted({str(each["at"])[:10] for each in results})
    commits = sorted({f"`{each['commit']}`" for each in results})
    links = [each["link"] for each in results]
    rtts = sorted(link["rtt_ms"] for link in links)
    losses = [link["loss"] for link in links]
    loads = sorted(link["load"] for link in links)
    return (
        f"{len(results)} calls, {_range(days)}, commits {', '.join(commits)}. Measured before each:"
        f" {rtts[0]:.0f} to {rtts[-1]:.0f} ms of round trip between caller and home, at most"
        f" {max(losses):.0%} of loss. Two cores, busy with other work: load {loads[0]:.1f} to"
        f" {loads[-1]:.1f}; for half of the calls the lab delivered no packet more than"
        f" {median(link['latest_ms'] for link in links):.0f} ms late, and never more than"
        f" {max(link['latest_ms'] for link in links):.0f} ms.\n"
    )


def _range(days: Sequence[str]) -> str:
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _weather(result: Mapping[str, Any]) -> str:
    name = weather_of(result)
    what = WEATHERS[name].what if name in WEATHERS else ""
    said = _said(result, _LONGEST)
    fits = "yes" if result["fits"] else "**no**"
    return row([f"`{name}`: {what}", str(result["system"]), call_in_words([result]), said, fits])


def _said(result: Mapping[str, Any], most: int | None = None) -> str:
    words = " ".join(dict.fromkeys(result["said"]))[:most]
    return words.replace("|", "\\|").replace("\n", " ")


def _red(result: Mapping[str, Any]) -> str:
    when = "" if result["switch_at"] is None else f", from {result['switch_at']:.0f} s on"
    name = f"{result['profile']} `{result['about']['name']}`{when}"
    system = f"{result['system']}, {result['placement']}"
    return row([system, name, str(result["ended_reason"]), _said(result), str(result["touched"])])
