"""A narrow link gets a mode that fits it, in time, and a wide one gets the better one back."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hamseda.media.modes import LADDER
from hamseda_lab.network import Network
from tests.integration.hearing import hold_a_call
from tests.integration.mutation import mutated_package
from tests.integration.running import Seen
from tests.integration.world import Talking, World
from tests.lab.people import home_on, two_callers

pytestmark = pytest.mark.lab

RATES = (48.0, 24.0)
"""kbit/s of the IP layer, which carries the speech of one and the acknowledgements of the other. At
16 the handshakes of a line that seemed dead take so much that the call does not come back."""
HEARD = {48.0: (4, 0.9), 24.0: (12, 0.6)}
"""Seconds at the end, and the share of them that is on time. At 24 a call tries a larger mode again
and again, and stammers for a second or two each time: four seconds may be one such try."""
QUEUE_SECONDS = 1.0
DOWN_SECONDS = 3.0
SLACK = 3.0
"""Seconds: the mode is told once a second, counted from the telling before, on a busy machine."""
SETTLED_SECONDS = 19.0
BACK_SECONDS = 25.0
STEPS = [mode.name for mode in LADDER]


@pytest.fixture
def net() -> Iterator[Network]:
    """Give the three machines that a call takes."""
    with Network(["home", "caller", "callee"], seed=7) as net:
        yield net


@dataclass(frozen=True, slots=True)
class Call:
    """Be a call whose callee has the narrow link."""

    net: Network
    calling: Talking
    answering: Talking

    @property
    def sides(self) -> tuple[Talking, Talking]:
        """Give both processes."""
        return self.calling, self.answering

    def narrow(self, kbit: float | None) -> list[Seen]:
        """Change the width of the link; give what each side told last before that."""
        queue_bytes = 65_536 if kbit is None else round(kbit * 125 * QUEUE_SECONDS)
        before = [side.last("quality") for side in self.sides]
        self.net.set_link("callee", rate_kbit=kbit, queue_bytes=queue_bytes)
        return before

    def insist_on_smaller_modes(self, kbit: float) -> None:
        """Make the link narrow; both sides must go down, and go on hearing each other."""
        for side, before in zip(self.sides, self.narrow(kbit), strict=True):

            def is_lower(seen: Seen, before: Seen = before) -> bool:
                return seen.index > before.index and _step(seen) > _step(before)

            lower = side.wait_until(is_lower, DOWN_SECONDS + SLACK, "smaller mode")
            print(f"{side.name}: {lower['mode']} after {lower['t'] - before['t']:.1f} s")
        self.pass_seconds(SETTLED_SECONDS)
        for side in self.sides:
            seconds, share = HEARD[kbit]
            heard = on_time(side, seconds)
            print(f"{side.name}: {heard:.0%} on time at {kbit:g} kbit/s")
            assert heard > share, f"{side.name} hears {heard:.0%}"

    def pass_seconds(self, seconds: float) -> None:
        """Let the call go on for so long, by the caller's own clock."""
        until = self.calling.last("quality")["t"] + seconds
        self.calling.wait_until(
            lambda seen: seen.event == "quality" and seen["t"] >= until, seconds + 5.0, "quality"
        )


def _step(seen: Seen) -> int:
    return STEPS.index(seen["mode"]) if seen.event == "quality" else -1


def on_time(side: Talking, seconds: int) -> float:
    """Give the share of slots on time in the last seconds."""
    told = side.all("quality")
    before, last = told[-1 - seconds], told[-1]
    expected = last["frames_expected"] - before["frames_expected"]
    return (last["frames_on_time"] - before["frames_on_time"]) / max(1, expected)


def call(world: World, net: Network, package: Path | None = None) -> Call:
    """Connect two people, 40 ms apart, and let them talk for two seconds."""
    caller, callee = two_callers(world, net, home_on(world, net.host("home")))
    caller.package = callee.package = package
    net.set_link("callee", delay_ms=20)
    held = Call(net, *hold_a_call(caller, callee))
    for side in held.sides:
        side.wait_until(lambda s: s.event == "quality" and s["frames_expected"] > 99, 10.0, "talk")
    return held


@pytest.mark.parametrize("kbit", RATES)
def test_a_call_fits_the_link_and_takes_the_better_mode_back(
    net: Network, tmp_path: Path, kbit: float
) -> None:
    """A call that goes on in worse sound is a call; one that stammers is none."""
    with World(tmp_path) as world:
        held = call(world, net)
        held.insist_on_smaller_modes(kbit)
        for side, before in zip(held.sides, held.narrow(None), strict=True):

            def is_higher(seen: Seen, before: Seen = before) -> bool:
                return seen.index > before.index and 0 <= _step(seen) < _step(before)

            side.wait_until(is_higher, BACK_SECONDS, "larger mode")


def test_without_adaptation_a_narrow_link_is_no_call(net: Network, tmp_path: Path) -> None:
    """The test above means something."""
    package = mutated_package(
        tmp_path / "stubborn",
        "client/voice.py",
        "speaking.turn(self._adaptation.mode)",
        "speaking.turn(speaking.mode)",
    )
    with World(tmp_path) as world:
        held = call(world, net, package)
        with pytest.raises(AssertionError, match="smaller mode"):
            held.insist_on_smaller_modes(24.0)
        assert max(on_time(side, 3) for side in held.sides) < 0.6
