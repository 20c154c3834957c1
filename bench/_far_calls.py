"""Let two people call each other over a network of the lab, by one of several systems.

Each system has machines of its own for both people, so that what a link counts is one call and
nothing else. They share one machine in the middle: our home, WebRTC's signalling, and coturn.
Everything is set up while the network is good; who measures makes it bad before `connect`.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from _browsers import BarePair, OurPair
from _sounds import Sound, Stamped
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, expect
from scipy import signal

from hamseda_lab.network import Network
from tests.browser.person import PagePerson, befriend_terminal
from tests.browser.sound import PAUSE_SECONDS
from tests.browser.window import Window
from tests.integration.running import Running
from tests.integration.world import Home, Talking, World
from tests.lab.people import HostPerson, two_callers
from tests.speech import PESQ_RATE, read_sound

SIDES: Final = ("caller", "callee")
_SETS_UP: Final = 20.0
"""Seconds that a call may take to connect on a bad network."""
_ENDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Be what is left of a call."""

    heard: Mapping[str, Path]
    """What each side played out, by side."""
    counted: Mapping[str, float] = field(default_factory=dict[str, float])
    """What the system itself says about its sound, with the side in front of each name."""


class System(Protocol):
    """Be two people, and a way in which they call each other."""

    @property
    def hosts(self) -> tuple[str, str]:
        """Name the machines of the caller and of the callee."""
        ...

    def connect(self) -> None:
        """Call, let it ring, answer; return when both sides hear each other."""

    def wait(self, seconds: float) -> None:
        """Let them talk."""

    def hang_up(self) -> Kept:
        """End the call and be ready for the next."""
        ...

    def give_up(self) -> None:
        """Leave a call that failed, and be ready for the next."""


class Terminals:
    """Call from terminal to terminal."""

    def __init__(
        self, world: World, net: Network, home: Home, name: str, mouths: Sequence[Path]
    ) -> None:
        self.hosts = hosts_of(name)
        self.options: Sequence[str] = ()
        """What both commands are told beside the usual."""
        self._mouths = mouths
        self._people = two_callers(world, net, home, self.hosts)
        self._talking: tuple[Talking, ...] = ()

    def connect(self) -> None:
        """Call, let it ring, answer; return when both sides hear each other."""
        caller, callee = self._people
        answering = callee.start_answer("--once", *self.options, play=self._mouths[1])
        calling = caller.start_call(callee.name, *self.options, play=self._mouths[0])
        self._talking = (calling, answering)
        for talking in self._talking:
            talking.wait_for("connected", _SETS_UP)

    def wait(self, seconds: float) -> None:
        """Let them talk."""
        time.sleep(seconds)

    def hang_up(self) -> Kept:
        """End the call."""
        calling, answering = self._talking
        has_ended = not calling.is_running or not answering.is_running
        calling.stop()
        answering.wait(_ENDS)
        heard = {side: each.recording for side, each in zip(SIDES, self._talking, strict=True)}
        counted = {"ended_early": 1.0} if has_ended else {}
        for side, talking in zip(SIDES, self._talking, strict=True):
            counted |= frames_of(side, talking)
        return Kept(heard, counted)

    def give_up(self) -> None:
        """Leave a call that failed."""
        for talking in self._talking:
            talking.dispose()


class Pages:
    """Call from page to page, whosever page it is."""

    def __init__(
        self,
        pair: OurPair | BarePair,
        hosts: tuple[str, str],
        folder: Path,
        windows: Sequence[Window],
        spoken: Sequence[Path],
    ) -> None:
        self.hosts = hosts
        self._pair = pair
        self._windows = windows
        self._folder = folder
        self._spoken = spoken
        self._calls = 0

    def connect(self) -> None:
        """Call, let it ring, answer; return when both sides hear each other."""
        self._pair.connect()

    def wait(self, seconds: float) -> None:
        """Let them talk."""
        self._pair.caller.wait_for_timeout(1000 * seconds)

    def hang_up(self) -> Kept:
        """End the call."""
        ended = 1000 * time.time()
        self._calls += 1
        pages = (self._pair.caller, self._pair.callee)
        counted: dict[str, float] = {}
        if isinstance(self._pair, BarePair):
            for side, page in zip(SIDES, pages, strict=True):
                counted |= concealed(side, page)
        ears = [_taken(page, "ear") for page in pages]
        # A tone has no beginning that could be found: then nothing was spoken.
        for number, said in enumerate(self._spoken):
            took = mouth_to_ear(said, _taken(pages[number], "mouth"), ears[1 - number])
            counted |= {f"{SIDES[number]}_to_ear_ms": took} if took is not None else {}
        for window in self._windows:
            # What the console says of a bad network is no surprise here.
            window.problems.clear()
        try:
            self._pair.hang_up()
        except (AssertionError, BrowserError):
            counted["ended_early"] = 1.0
            self.give_up()
        heard: dict[str, Path] = {}
        for side, ear in zip(SIDES, ears, strict=True):
            path = self._folder / f"{self.hosts[0]}-{side}-{self._calls}.wav"
            heard[side] = _until(ear, ended).write(path)
        return Kept(heard, counted)

    def give_up(self) -> None:
        """Leave a call that failed: open both pages anew."""
        for page in (self._pair.caller, self._pair.callee):
            page.reload()
            if isinstance(self._pair, BarePair):
                page.wait_for_function("() => line.readyState === WebSocket.OPEN")
            else:
                expect(page.get_by_text("Ready for calls", exact=True).first).to_be_visible()


class PageAndTerminal:
    """Call from a page to a terminal."""

    def __init__(
        self, page: PagePerson, terminal: HostPerson, hosts: tuple[str, str], mouth: Path
    ) -> None:
        self.hosts = hosts
        self._page, self._terminal, self._mouth = page, terminal, mouth
        self._answering: Talking | None = None
        befriend_terminal(page, terminal)

    def connect(self) -> None:
        """Call, let it ring, answer; return when both sides hear each other."""
        self._answering = self._terminal.start_answer("--once", play=self._mouth)
        self._page.call(self._terminal.name)
        self._answering.wait_for("connected", _SETS_UP)
        self._page.wait_until_talking()

    def wait(self, seconds: float) -> None:
        """Let them talk."""
        self._page.page.wait_for_timeout(1000 * seconds)

    def hang_up(self) -> Kept:
        """End the call."""
        answering = self._answering
        assert answering is not None
        heard = self._page.window.save_heard()
        self._page.hang_up()
        self._page.reason()
        answering.wait(_ENDS)
        self._page.wait_until_ready()
        heards = {"caller": heard, "callee": answering.recording}
        return Kept(heards, frames_of("callee", answering))

    def give_up(self) -> None:
        """Leave a call that failed."""
        if self._answering is not None:
            self._answering.dispose()
        self._page.page.reload()
        self._page.wait_until_ready()


def hosts_of(system: str) -> tuple[str, str]:
    """Name the machines of a system's two people."""
    return f"{system}-caller", f"{system}-callee"


def frames_of(side: str, talking: Running) -> dict[str, float]:
    """Give what a terminal counted: shares of the frames that it expected."""
    last = talking.last("quality")
    expected = max(1, last["frames_expected"])
    shares = {
        f"{side}_{name}": last[f"frames_{name}"] / expected for name in ("on_time", "late", "lost")
    }
    return shares | {f"{side}_buffer_ms": float(last["buffer_ms"])}


def _taken(page: Page, side: str) -> Stamped:
    """Take what a page kept of the newest call; nothing more is kept of it."""
    return Stamped.read(page.evaluate(f"stamped.take('{side}')"))


def _until(stamped: Stamped, moment: float) -> Stamped:
    """Leave out what was kept after a moment: reading it out of a page takes seconds."""
    kept = sum(each <= moment for each in stamped.begins)
    end = int(stamped.starts[kept]) if kept < len(stamped.starts) else len(stamped.sound)
    return replace(stamped, sound=stamped.sound[:end])


def mouth_to_ear(said: Path, mouth: Stamped, ear: Stamped) -> float | None:
    """Give the milliseconds from a mouth to an ear, where the speech was heard most clearly."""
    speech = read_sound(said)
    begun = [_begins(speech, stamped) for stamped in (mouth, ear)]
    if begun[0] is None or begun[1] is None:
        return None
    # The microphone goes round: the two clearest hearings may be different ones.
    period = 1000 * (len(speech) / PESQ_RATE + PAUSE_SECONDS)
    return (begun[1] - begun[0] + period / 2) % period - period / 2


def _begins(speech: Sound, stamped: Stamped) -> float | None:
    """Give the moment at which the clearest whole hearing of a speech began."""
    sound = signal.resample_poly(stamped.sound, PESQ_RATE, stamped.rate)
    if len(sound) < len(speech):
        return None
    match = np.abs(signal.correlate(sound, speech, mode="valid", method="fft"))
    return stamped.moment(int(np.argmax(match)) * stamped.rate // PESQ_RATE)


_CONCEALED: Final = """async () => {
  for (const one of (await peer.getStats()).values()) {
    if (one.type === "inbound-rtp") return one;
  }
}"""


def concealed(side: str, page: Page) -> dict[str, float]:
    """Give what WebRTC counted: the share of its sound that it made up."""
    stats: Mapping[str, Any] = page.evaluate(_CONCEALED)
    received = max(1, stats["totalSamplesReceived"])
    emitted = max(1, stats["jitterBufferEmittedCount"])
    return {
        f"{side}_concealed": stats["concealedSamples"] / received,
        f"{side}_buffer_ms": 1000 * stats["jitterBufferDelay"] / emitted,
    }
