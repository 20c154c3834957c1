"""Decide by which endpoint a home is tried next, how long, and after what pause.

The rules, and the censor behind each, are in spec/endpoints.md. One ladder stands for one home on
one network; all lines to that home share it. Time is an argument, and so is randomness.
"""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from hamseda.wire.host import is_loopback

HELLOS_MOST: Final = 3
HELLOS_SECONDS: Final = 10.0
"""TLS handshakes with one host, or one prefix of addresses, in how many seconds."""
YOUNG_SECONDS: Final = 60.0
"""A line that falls mute younger than this was made mute, or the network was cut."""
RECENT_SECONDS: Final = 90.0
"""For how long a failure counts beyond the next line: so long some censors bear a grudge."""
_BRIEF_SECONDS: Final = 10.0
_MUTES_MOST: Final = 2
"""Young lines that fell mute in a row before a rung is demoted: one may be a cut of the network."""

_ANSWER: Final = 2.0
_REST: Final = 3.0
_REST_AFTER_SILENCE: Final = 2.0
"""Of a round in which one handshake got no answer: the next one rather gets none either."""
_MOST: Final = 10.0
_CALL_ANSWER: Final = 0.7
_CALL_REST: Final = 1.5
_CALL_REST_ALONE: Final = 3.0
_SLOW_ANSWER: Final = 2.0
_SLOW_REST: Final = 6.0
_PATIENT_EVERY: Final = 8
_PATIENT_REST_OF_MANY: Final = 5.0

_BETWEEN: Final = 0.1
_ROUND_PAUSES: Final = (0.1, 0.3, 0.7, 1.5, 3.0, 6.0, 12.0, 20.0)
_WAITING_PAUSE_MOST: Final = 0.7
_WAITING_ROUNDS: Final = 10
"""Rounds with these short pauses: a process may wait for days."""
_CALL_PAUSES: Final = (0.1, 0.5)
_CALL_ATTEMPTS: Final = 30
_JITTER: Final = 0.3


class Urgency(Enum):
    """Say who waits for a line."""

    NOBODY = "nobody"
    SOMEBODY = "somebody"
    CALL = "call"


class Failure(Enum):
    """Say how far an attempt came."""

    UNANSWERED = "unanswered"
    """Nothing answered for the address, or the name has none: no TLS was begun."""
    SILENT = "silent"
    """Something answered, then nothing came any more."""
    REFUSED = "refused"
    """Something said no: a reset, an end, a page, another key."""


@dataclass(frozen=True, slots=True)
class Rung:
    """Be one way to try: an endpoint, directly or through the system's proxy."""

    endpoint: int
    """Its index in the descriptor."""
    host: str = field(repr=False)
    name: str = field(repr=False)
    """What is shown in TLS; "" for the host."""
    port: int
    by_proxy: bool = False

    @property
    def shown_name(self) -> str:
        """Give the name that an observer reads; "" when an address shows none."""
        return (self.name or ("" if _is_address(self.host) else self.host)).lower()

    @property
    def prefix(self) -> str:
        """Give the neighbourhood that a censor may block as one: /24, /48, or a name."""
        try:
            address = ipaddress.ip_address(self.host)
        except ValueError:
            return self.host.lower()
        bits = 24 if address.version == 4 else 48
        return str(ipaddress.ip_network((address, bits), strict=False))

    @property
    def alarm(self) -> int:
        """Rank how odd it looks: 0 an ordinary web site, 1 another port, 2 an address."""
        if _is_address(self.host) or self.shown_name != self.host.lower():
            return 2
        return 0 if self.port == 443 else 1

    def sameness(self, other: Rung) -> int:
        """Count what a block of one would have in common with a block of the other."""
        if self.by_proxy != other.by_proxy:
            return 0
        is_same_name = bool(self.shown_name) and self.shown_name == other.shown_name
        return 2 * (self.prefix == other.prefix) + 2 * is_same_name + (self.port == other.port)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Say which rung to try and how."""

    rung: int
    wait: float
    """Seconds to let pass first: there were too many handshakes."""
    answer: float
    """Seconds until something answers."""
    rest: float
    """Seconds for TLS and the upgrade, and once more for the line's own handshake."""


class Hellos:
    """Count TLS handshakes by prefix; all ladders of one home share this."""

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = {}

    def add(self, rung: Rung, now: float) -> None:
        """Count one, unless it stays on this machine, where nobody stands in between."""
        if is_loopback(rung.host):
            return
        self._times.setdefault(rung.prefix, deque(maxlen=HELLOS_MOST)).append(now)

    def wait(self, rung: Rung, now: float) -> float:
        """Give the seconds until there may be another one."""
        times = self._times.get(rung.prefix)
        if times is None or len(times) < HELLOS_MOST:
            return 0.0
        return max(0.0, times[0] + HELLOS_SECONDS - now)


@dataclass(slots=True)
class _State:
    failed_at: float | None = None
    failure: Failure | None = None
    is_tried: bool = False
    """In this round."""
    mutes: int = 0
    is_demoted: bool = False


class Ladder:
    """Be the order of trying of one home on one network.

    Ask `choose`, act, and say what came of it: `failed`, or `opened` and later `ended`.
    """

    def __init__(
        self,
        rungs: Sequence[Rung],
        hellos: Hellos,
        worked: Sequence[int] = (),
        demoted: Iterable[int] = (),
    ) -> None:
        self.rungs: Final = tuple(rungs)
        self.is_careful = False
        """The person wants what looks odd to be tried last (spec/endpoints.md §2)."""
        self._hellos = hellos
        self._worked = list(worked)
        self._states = [_State() for _ in rungs]
        for index in demoted:
            self._states[index].is_demoted = True
        self._last: int | None = None
        """What failed last in this round."""
        self._round = 0
        self._attempts = 0
        self._took = 0.0

    @property
    def worked(self) -> tuple[int, ...]:
        """List the rungs that brought a line, the newest first."""
        return tuple(self._worked)

    @property
    def demoted(self) -> tuple[int, ...]:
        """List the rungs that are tried last here."""
        return tuple(i for i, state in enumerate(self._states) if state.is_demoted)

    @property
    def failures(self) -> tuple[Failure | None, ...]:
        """Give for each rung how it failed since a line was open last, None where it did not."""
        return tuple(state.failure for state in self._states)

    def choose(self, now: float, urgency: Urgency, in_use: Sequence[int] = ()) -> Attempt:
        """Choose what to try now; `in_use` are the rungs of the other open lines to this home."""
        if all(state.is_tried for state in self._states):
            self._next_round()
        open_ones = [i for i, state in enumerate(self._states) if not state.is_tried]
        index = min(open_ones, key=lambda i: self._rank(i, now, in_use))
        answer, rest = self._patience(index, urgency)
        return Attempt(index, self._hellos.wait(self.rungs[index], now), answer, rest)

    def _next_round(self) -> None:
        self._round += 1
        self._last = None
        for state in self._states:
            state.is_tried = False

    def _rank(self, index: int, now: float, in_use: Sequence[int]) -> tuple[float, ...]:
        rung, state = self.rungs[index], self._states[index]
        is_recent = state.failed_at is not None and now - state.failed_at < RECENT_SECONDS
        others = [i for i, other in enumerate(self._states) if other.is_tried] + list(in_use)
        return (
            self._hellos.wait(rung, now) > 0,
            self.is_careful * rung.alarm,
            state.is_demoted,
            is_recent,
            rung.by_proxy != self._wants_proxy(),
            sum(rung.sameness(self.rungs[other]) for other in others),
            self._worked.index(index) if index in self._worked else len(self.rungs),
            rung.alarm,
            index,
        )

    def _wants_proxy(self) -> bool:
        """Tell whether a proxy is the better guess: nothing answers, or it was the way here."""
        was_the_way = bool(self._worked) and self.rungs[self._worked[0]].by_proxy
        if self._last is None:
            return was_the_way
        if self.rungs[self._last].by_proxy:
            return False
        return was_the_way or self._states[self._last].failure is Failure.UNANSWERED

    def _patience(self, index: int, urgency: Urgency) -> tuple[float, float]:
        if urgency is Urgency.CALL:
            return self._patience_in_call(index)
        growth = 2.0 ** min(self._round, 4)
        answer = max(_ANSWER * growth, min(self._took, _MOST))
        is_silent = any(s.is_tried and s.failure is Failure.SILENT for s in self._states)
        rest = max(
            (_REST_AFTER_SILENCE if is_silent else _REST) * growth, min(2 * self._took, _MOST)
        )
        return min(answer, _MOST), min(rest, _MOST)

    def _patience_in_call(self, index: int) -> tuple[float, float]:
        every = max(2, _PATIENT_EVERY // len(self.rungs))
        prefix = self.rungs[index].prefix
        is_alone = all(rung.prefix == prefix for rung in self.rungs)
        if self._round % every == every - 1:
            return _SLOW_ANSWER, _MOST if is_alone else _PATIENT_REST_OF_MANY
        rest = _CALL_REST_ALONE if is_alone else _CALL_REST
        return (
            max(_CALL_ANSWER, min(self._took, _SLOW_ANSWER)),
            max(rest, min(2 * self._took, _SLOW_REST)),
        )

    def said_hello(self, index: int, now: float) -> None:
        """Count a TLS handshake with a rung, whatever came of it."""
        self._hellos.add(self.rungs[index], now)

    def failed(self, index: int, now: float, failure: Failure) -> None:
        """Learn that an attempt brought no line."""
        self._note(index, now, failure)
        self._attempts += 1

    def _note(self, index: int, now: float, failure: Failure) -> None:
        state = self._states[index]
        state.failed_at, state.failure, state.is_tried = now, failure, True
        self._last = index

    def opened(self, index: int, took: float) -> None:
        """Learn that a line is open and its home keeps it; `took` seconds from the first packet."""
        self._took = took
        self._next_round()
        self._round = self._attempts = 0
        for state in self._states:
            state.failure = None
        self._states[index].failed_at = None
        if index in self._worked:
            self._worked.remove(index)
        self._worked.insert(0, index)

    def ended(self, index: int, now: float, lived: float, *, is_mute: bool) -> None:
        """Learn that an open line is no more, after `lived` seconds; `is_mute`: it fell silent."""
        state = self._states[index]
        if not is_mute:
            if lived < _BRIEF_SECONDS:
                self._note(index, now, Failure.REFUSED)
            if lived >= YOUNG_SECONDS:
                state.mutes = 0
                state.is_demoted = False
            return
        self._note(index, now, Failure.SILENT)
        if lived >= YOUNG_SECONDS:
            return
        state.mutes += 1
        if state.mutes >= _MUTES_MOST and len(self.rungs) > 1:
            state.is_demoted = True
            if index in self._worked:
                self._worked.remove(index)

    def cut(self, index: int, now: float) -> None:
        """Learn that an open line fell silent together with another: look elsewhere first.

        That is the network's own cut, and is not held against the endpoint (spec/endpoints.md §3).
        A page is not told what is acknowledged, and never learns it.
        """
        self._note(index, now, Failure.SILENT)

    def pause(self, urgency: Urgency, dice: float) -> float:
        """Give the seconds until the next attempt; `dice` is a random number from 0 to 1."""
        if not all(state.is_tried for state in self._states):
            pause = _BETWEEN
        elif urgency is Urgency.CALL:
            pause = _CALL_PAUSES[self._attempts >= _CALL_ATTEMPTS]
        else:
            pause = _ROUND_PAUSES[min(self._round, len(_ROUND_PAUSES) - 1)]
            if urgency is Urgency.SOMEBODY and self._round < _WAITING_ROUNDS:
                pause = min(pause, _WAITING_PAUSE_MOST)
        return pause * (1 - _JITTER + 2 * _JITTER * dice)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
