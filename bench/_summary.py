"""Say in a few rows what the raw samples of a question mean.

Nothing here is measured: `docs/reference/benchmarks.md` is made from the same rows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

VOICES: Final = ("recorded", "espeak")
ENDS: Final = ("caller", "callee")
PESQ_GOALS: Final = {"0 %": 4.0, "2 %": 3.8, "5 %": 3.6, "10 %": 3.2}
"""Of our own systems, by the profile of `sound_on_bad_networks`."""
NOTICED_SECONDS: Final = 0.3

Results = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """Be one line of a table."""

    what: str
    measured: float
    unit: str
    most: float | None = None
    """The goal, where it is an upper bound."""
    least: float | None = None
    """The goal, where it is a lower bound."""

    @property
    def number(self) -> str:
        """Write the measured value with three digits that mean something."""
        return _digits(self.measured)

    @property
    def goal(self) -> str:
        """Write the goal, and whether it is met as measured."""
        if self.most is not None:
            return f"≤ {_digits(self.most)}: {'met' if self.measured <= self.most else 'missed'}"
        if self.least is not None:
            return f"≥ {_digits(self.least)}: {'met' if self.measured >= self.least else 'missed'}"
        return ""


def rows_of(question: str, results: Results) -> list[Row]:
    """Condense the results of a question; each number is a median over the rounds."""
    return list(QUESTIONS[question](results))


def table(rows: Sequence[Row]) -> str:
    """Write rows as a Markdown table, which a terminal shows well too."""
    cells = [("", "measured", "goal"), *((r.what, f"{r.number} {r.unit}", r.goal) for r in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    lines = [_line(row, widths) for row in cells]
    return "\n".join([lines[0], _line(tuple("-" * width for width in widths), widths), *lines[1:]])


def _line(row: tuple[str, ...], widths: Sequence[int]) -> str:
    cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
    return f"| {' | '.join(cells)} |"


def _digits(value: float) -> str:
    size = abs(value)
    places = 0 if size >= 100 else 1 if size >= 10 else 2
    return f"{value:,.{places}f}"


def _median(samples: Iterable[Mapping[str, float]], name: str) -> float:
    return median(sample[name] for sample in samples)


def _median_of_ends(samples: Iterable[Mapping[str, float]], name: str) -> float:
    return median(sample[f"{end}_{name}"] for sample in samples for end in ENDS)


def _store(results: Results) -> Iterable[Row]:
    for name, size in (("put 2048", "2 KiB"), ("put 4096", "4 KiB")):
        samples = results[name]["samples"]
        rate = {side: _median(samples[side], "per_second") for side in ("group", "each", "bare")}
        yield Row(f"envelopes of {size} stored, group commit", rate["group"], "per second")
        yield Row(f"… one commit each ({size})", rate["each"], "per second")
        yield Row(f"… group / commit each ({size})", rate["group"] / rate["each"], "×", least=5)
        yield Row(f"… group / bare SQLite, commit each ({size})", rate["group"] / rate["bare"], "×")
        yield Row(f"… wait for a commit, p99 ({size})", _median(samples["group"], "p99_ms"), "ms")


def _relay_cpu(results: Results) -> Iterable[Row]:
    samples = results["samples"]
    ratio = {
        bare: median(
            sample["relay_us_a_frame"] / sample[f"{bare}_us_a_frame"] for sample in samples
        )
        for bare in ("echo", "pair")
    }
    yield Row("processor time a relayed frame", _median(samples, "relay_us_a_frame"), "µs")
    yield Row("… of a bare aiohttp echo", _median(samples, "echo_us_a_frame"), "µs")
    yield Row("… of bare aiohttp, to another socket", _median(samples, "pair_us_a_frame"), "µs")
    yield Row("… relay / echo", ratio["echo"], "×", most=1.3)
    yield Row("… relay / to another socket", ratio["pair"], "×")


def _idle_line_memory(results: Results) -> Iterable[Row]:
    samples = results["samples"]
    home, bare = (_median(samples[side], "anonymous_kib_a_line") for side in ("home", "bare"))
    yield Row("memory an idle line", home, "KiB", most=45)
    yield Row("… resident", _median(samples["home"], "resident_kib_a_line"), "KiB")
    yield Row("… of a bare aiohttp WebSocket", bare, "KiB")


def _front_cost(results: Results) -> Iterable[Row]:
    samples, hundred = results["samples"]["both"], results["samples"]["hundred"]
    yield Row("delay that a front adds, median", _median(samples, "added_p50_ms"), "ms", most=5)
    yield Row("… p95 with it, less p95 without", _median(samples, "added_p95_ms"), "ms")
    yield Row("… without a front, median", _median(samples, "direct_p50_ms"), "ms")
    yield Row("… without a front, p95", _median(samples, "direct_p95_ms"), "ms")
    yield Row("its memory, 100 lines with media, first", hundred[0]["front_mib"], "MiB")
    cost = _median(hundred, "front_us_a_message")
    yield Row("… its processor time a message, either way", cost, "µs")
    messages = 100 * 2 * 50
    yield Row("… processors for 100 lines in calls, by that", cost * messages / 1e6, "")


def _envelopes_over_lines(results: Results) -> Iterable[Row]:
    offered, most = results["samples"]["offered"], results["samples"]["most"]
    yield Row("envelopes offered, end to end", _median(offered, "per_second"), "per second")
    yield Row("… delivered after, median", _median(offered, "p50_ms"), "ms")
    yield Row("… delivered after, p99", _median(offered, "p99_ms"), "ms", most=100)
    yield Row("as many as go through", _median(most, "per_second"), "per second")
    yield Row("… delivered after, p99", _median(most, "p99_ms"), "ms")
    yield Row("… processors that the home used", _median(most, "home_cores"), "")
    yield Row("… processors that the client used", _median(most, "client_cores"), "")


def _media_outside_records(results: Results) -> Iterable[Row]:
    inside, outside = (results["samples"][side] for side in ("inside", "outside"))
    for party, name in (("the home", "home_us"), ("both clients", "clients_us")):
        cost = _median(inside, name), _median(outside, name)
        yield Row(f"media inside records: {party}, a frame", cost[0], "µs")
        yield Row(f"… outside records: {party}", cost[1], "µs")
    for side, samples in (("inside", inside), ("outside", outside)):
        size = _median(samples, "message_bytes")
        yield Row(f"bytes of a message, media {side} records", size, "")


def _setup_time(results: Results) -> Iterable[Row]:
    for added, samples in results["samples"].items():
        later = [{"ms": max(s["caller_outside_ms"], s["callee_outside_ms"])} for s in samples]
        what = f"answer to first sound on both sides, {added} ms added"
        yield Row(what, _median(later, "ms"), "ms", most=int(added) + 200)
        for side in ("callee", "caller"):
            own = _median(samples, f"{side}_setup_ms")
            yield Row(f"… as the {side} says ({added} ms added)", own, "ms")


def _speech_quality(results: Results) -> Iterable[Row]:
    calls, codec = results["samples"]["call"], results["samples"]["codec"]
    for name in VOICES:
        scores = [sample[f"{name}_of_{side}"] for sample in calls for side in ("caller", "callee")]
        yield Row(f"PESQ of a call, voice “{name}”, median", median(scores), "", least=3.8)
        yield Row(f"… best (“{name}”)", max(scores), "")
        yield Row(f"… of the codec alone (“{name}”)", _median(codec, name), "")


def _sound_on_bad_networks(results: Results) -> Iterable[Row]:
    for cell, samples in results["samples"].items():
        profile, _, system = cell.partition("/")
        where = f"({profile}, {system})"
        goal = None if system.startswith("webrtc") else PESQ_GOALS.get(profile)
        pesq, visqol = (
            median(sample[f"{name}_of_{end}"] for sample in samples for end in ENDS)
            for name in ("pesq", "visqol")
        )
        yield Row(f"loss of {profile}, {system}: PESQ", pesq, "", least=goal)
        yield Row(f"… ViSQOL {where}", visqol, "")
        whole = [sample for sample in samples if sample["is_whole"]]
        if len(whole) < len(samples):
            yield Row(f"… calls that failed {where}", len(samples) - len(whole), "", most=0)
        if whole:
            yield from _whole_calls(where, whole, most_late=1.0 if profile == "5 %" else None)


def _whole_calls(
    where: str, whole: Sequence[Mapping[str, float]], most_late: float | None
) -> Iterable[Row]:
    for what, name, unit, factor in (
        ("frames that were not on time", "on_time", "%", 100),
        ("sound that was made up", "concealed", "%", 100),
        ("buffer at the end", "buffer_ms", "ms", 1),
        ("mouth to ear", "to_ear_ms", "ms", 1),
    ):
        found = [each[key] for each in whole for end in ENDS if (key := f"{end}_{name}") in each]
        if name == "on_time" and found:
            late = 100 * (1 - median(found))
            yield Row(f"… {what} {where}", late, unit, most=most_late)
        elif found:
            yield Row(f"… {what} {where}", factor * median(found), unit)
    silence = max(each[f"silence_s_of_{end}"] for each in whole for end in ENDS)
    if silence > NOTICED_SECONDS:
        yield Row(f"… longest silence added {where}", silence, "s")
    kbit = median(each["up_kbit"] + each["down_kbit"] for each in whole)
    yield Row(f"… on the wire, both ways {where}", kbit * 60 / 8000, "MB a minute")
    if where.startswith("(0 %"):
        yield Row(f"… processor, caller {where}", 60 * _median(whole, "processor_s"), "s a minute")
        yield Row(f"… memory, caller {where}", _median(whole, "memory_mib"), "MiB")


def _silence_after_trouble(results: Results) -> Iterable[Row]:
    samples = results["samples"]
    for cell, calls in samples.items():
        trouble, _, system = cell.partition("/")
        whole = [call for call in calls if "call_s" in call]
        if trouble == "nothing" or not whole:
            continue
        usual = [call for call in samples.get(f"nothing/{system}", []) if "call_s" in call]
        silent = max(
            median(call[f"{end}_silent_s"] for call in whole)
            - (_median(usual, f"{end}_silent_s") if usual else 0.0)
            for end in ENDS
        )
        # Sound must be back so soon after what made it impossible has ended.
        most = None if system.startswith("webrtc") else _median(whole, "lasted_s") + 1.5
        yield Row(f"silence by “{trouble}”, {system}", max(0.0, silent), "s", most=most)
        ended = sum(1 for call in calls if not call["is_whole"])
        if ended:
            yield Row(f"… calls that ended ({trouble}, {system})", ended, "")


def _data_of_a_call(results: Results) -> Iterable[Row]:
    goals = {"standard": 1.2, "standard-40": 0.85, "saver": 0.5, "survival": 0.33}
    for mode, samples in results["samples"].items():
        kbit = median(sample["up_kbit"] + sample["down_kbit"] for sample in samples)
        unit = "MB a minute"
        yield Row(f"on the wire, both ways, {mode}", kbit * 60 / 8000, unit, most=goals.get(mode))
        yield Row(f"… PESQ of the worse side ({mode})", _median(samples, "pesq"), "")
        yield Row(
            f"… processor, caller ({mode})", 60 * _median(samples, "processor_s"), "s a minute"
        )
        yield Row(f"… memory, caller ({mode})", _median(samples, "memory_mib"), "MiB")


def _page_delay(results: Results) -> Iterable[Row]:
    sides = (("page", "page ↔ page"), ("webrtc", "the browser's WebRTC"))
    for what, name in (("answer to first sound", "first_ms"), ("mouth to ear", "ear_ms")):
        both: dict[str, float] = {}
        for side, words in sides:
            samples = results["samples"][side]
            both[side] = _median_of_ends(samples, name)
            is_ours = (side, name) == ("page", "ear_ms")
            yield Row(f"{what}, {words}", both[side], "ms", most=100 if is_ours else None)
            if name == "ear_ms":
                slowest = _median_of_ends(samples, "ear_p95_ms")
                yield Row(
                    f"… 95th percentile, {words}", slowest, "ms", most=160 if is_ours else None
                )
        yield Row(f"… {what}: page / WebRTC", both["page"] / both["webrtc"], "×")


def _terminal_delay(results: Results) -> Iterable[Row]:
    samples = results["samples"]["terminal"]
    for what, name in (
        ("mouth to ear, terminal ↔ terminal", "ear_ms"),
        ("… 95th percentile", "ear_p95_ms"),
    ):
        yield Row(what, _median_of_ends(samples, name), "ms")


def _page_speech(results: Results) -> Iterable[Row]:
    for side, words, least in (("page", "page ↔ page", 3.6), ("webrtc", "WebRTC", None)):
        samples = results["samples"][side]
        scores = [sample[f"of_{end}"] for sample in samples for end in ENDS]
        yield Row(f"PESQ of a call, {words}, median", median(scores), "", least=least)
        yield Row(f"… best ({words})", max(scores), "")


def _page_weight(results: Results) -> Iterable[Row]:
    first, again = (results["samples"][side] for side in ("first", "again"))
    yield Row(
        "first visit: received until it is shown", _median(first, "shown_received_kib"), "KiB"
    )
    yield Row("… requests", _median(first, "shown_requests"), "")
    yield Row("… TLS connections opened", _median(first, "shown_connections"), "")
    yield Row("… shown after", _median(first, "shown_ms"), "ms")
    yield Row(
        "next visit: received until ready for calls", _median(again, "ready_received_kib"), "KiB"
    )
    yield Row("… requests, the line among them", _median(again, "ready_requests"), "")
    yield Row("… TLS connections opened until ready", _median(again, "ready_connections"), "")
    yield Row("… ready after", _median(again, "ready_ms"), "ms")
    opened = max(sample["ready_open"] for sample in (*first, *again))
    yield Row("TLS connections open when just ready, at most", opened, "")
    yield Row("… once settled", max(sample["settled_open"] for sample in again), "", most=2)
    begun = max(sample["call_begun_open"] for sample in again)
    yield Row("TLS connections open when a call has just begun, at most", begun, "")
    yield Row("… once settled in a call", max(sample["call_open"] for sample in again), "", most=2)


def _page_on_weak_devices(results: Results) -> Iterable[Row]:
    samples = results["samples"]
    visits = {
        "usual": "usual device",
        "weak": "weak device",
        "weak_persian": "weak device, Persian",
    }
    for side, words in visits.items():
        yield Row(f"first paint, {words}", _median(samples[side], "first_paint_ms"), "ms")
        yield Row("… something to press is drawn", _median(samples[side], "usable_ms"), "ms")
        most = 200 if side != "usual" else None
        yield Row("… from a press to its picture", _median(samples[side], "press_ms"), "ms", most)
        yield Row("… layout shift, at most", max(s["shift"] for s in samples[side]), "", most=0)
    for side, words in (("call", "usual device"), ("weak_call", "weak device")):
        drawn = _median(samples[side], "redraw_ms")
        yield Row(f"a redraw in a call, of 250 ms, {words}", drawn, "ms")
        yield Row("… of it script", _median(samples[side], "script_ms"), "ms")
        yield Row("… of it style and layout", _median(samples[side], "layout_ms"), "ms")


def _client_cost(results: Results) -> Iterable[Row]:
    for mode, samples in results["samples"].items():
        cpu = _median_of_ends(samples, "cpu_s")
        yield Row(f"processor time a minute of call, {mode}", cpu, "s", most=10)
    every = [sample for samples in results["samples"].values() for sample in samples]
    for name, words, most in (("mb", "memory, at most", 100), ("own_mb", "… in no file", None)):
        used = max(sample[f"{end}_{name}"] for sample in every for end in ENDS)
        yield Row(words, used, "MB", most=most)


QUESTIONS: Final[Mapping[str, Callable[[Results], Iterable[Row]]]] = {
    "store": _store,
    "envelopes_over_lines": _envelopes_over_lines,
    "idle_line_memory": _idle_line_memory,
    "relay_cpu": _relay_cpu,
    "front_cost": _front_cost,
    "media_outside_records": _media_outside_records,
    "setup_time": _setup_time,
    "speech_quality": _speech_quality,
    "page_delay": _page_delay,
    "terminal_delay": _terminal_delay,
    "page_speech": _page_speech,
    "page_weight": _page_weight,
    "page_on_weak_devices": _page_on_weak_devices,
    "sound_on_bad_networks": _sound_on_bad_networks,
    "silence_after_trouble": _silence_after_trouble,
    "data_of_a_call": _data_of_a_call,
    "client_cost": _client_cost,
}
