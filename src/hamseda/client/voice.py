"""Run the sound of one call: speak, listen, report, and tell how it goes.

One turn of 20 ms does both directions. Nothing here knows a socket: sealed packets leave by the
call's path and come in through `receive`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hamseda.client.events import CallEvent, Connected, Quality, Recovered, Trouble
from hamseda.client.listening import Listening
from hamseda.client.speaking import Speaking
from hamseda.crypto.sframe import SFrameReceiver, SFrameSender
from hamseda.errors import WireError
from hamseda.media.adaptation import LOOK, Adaptation
from hamseda.media.modes import SLOT_SECONDS, Mode
from hamseda.media.report import Reporter
from hamseda.transport.audio_source import AudioSink, AudioSource
from hamseda.wire.audio import Report, parse_audio_untrusted

TROUBLE_SECONDS = 0.5
PROBE_EVERY_SECONDS = 2.0
EARLY_FRAMES = 100
"""Frames kept that came before this side could open them: 2 s (spec/call.md §3)."""
_BEHIND_SECONDS = 0.2
_SKIPPED_MOST = 4500
"""Turns of the source that are skipped after a stop: 90 s, when the call is lost anyway."""


@dataclass(frozen=True, slots=True)
class MediaKeys:
    """Be the two base keys of one call."""

    send: SFrameSender
    receive: SFrameReceiver


class VoicePath(Protocol):
    """Say what a voice needs of the call's path."""

    def send_media(self, packets: tuple[bytes, ...]) -> None:
        """Send one message of sealed packets; never waits."""
        ...

    def want_spare(self, wanted: bool) -> None:
        """Say whether each message is to go on two lines."""
        ...

    def dropped_share(self) -> float:
        """Give the share of messages since the last time that never left."""
        ...


class Voice:
    """Carry the voices of one call from `MediaOpened` on.

    `heard` is called for each authentic packet, `tell` for each event, `probe` when the other side
    has been silent for half a second: it asks whether the lines still work.
    """

    def __init__(
        self,
        source: AudioSource,
        sink: AudioSink,
        path: VoicePath,
        heard: Callable[[], None],
        tell: Callable[[CallEvent], None],
        probe: Callable[[], None],
    ) -> None:
        self._source = source
        self._sink = sink
        self._path = path
        self._heard = heard
        self._tell = tell
        self._probe = probe
        self._early: list[tuple[bytes, float]] = []
        self._keys: MediaKeys | None = None
        self._listening = Listening()
        self._adaptation = Adaptation()
        self._reporter: Reporter | None = None
        self._answered_at = 0.0
        self._heard_at: float | None = None
        self._trouble_told = False
        self._probe_at = 0.0
        self._look_at = 0.0
        self._is_doubled = False
        self._has_played = False
        self.refused_frames = 0
        """Packets that did not authenticate or parse."""

    @property
    def mode(self) -> Mode:
        """Give the mode to speak in from the next frame on."""
        return self._adaptation.mode

    def choose(self, ceiling: Mode) -> None:
        """Never speak in a larger mode than this one; at any time."""
        self._adaptation.choose(ceiling)

    def receive(self, sealed: bytes, now: float) -> None:
        """Take one sealed packet; before the keys are known the newest 2 s are kept."""
        if self._keys is None:
            self._early.append((sealed, now))
            del self._early[:-EARLY_FRAMES]
            return
        try:
            plaintext = self._keys.receive.open_untrusted(sealed)
            if plaintext is None:
                return
            content = parse_audio_untrusted(plaintext)
            if not isinstance(content, Report):
                self._listening.put(content, now)
        except WireError:
            self.refused_frames += 1
            return
        self._note_heard(now)
        if isinstance(content, Report):
            self._note_report(content, now)

    def _note_heard(self, now: float) -> None:
        self._heard()
        if self._trouble_told and self._heard_at is not None:
            self._tell(Recovered(round((now - self._heard_at) * 1000)))
            self._trouble_told = False
        self._probe_at = 0.0
        self._heard_at = now
        self._adaptation.heard(now)

    def _note_report(self, report: Report, now: float) -> None:
        reporter = self._reporter
        if reporter is None:
            return
        reporter.hear(report, now)
        if reporter.remote is report and reporter.remote_on_time is not None:
            self._adaptation.heard_report(
                reporter.remote_on_time, now, arrived=reporter.remote_arrived
            )

    async def run(self, keys: MediaKeys) -> None:
        """Talk and listen until cancelled."""
        loop = asyncio.get_running_loop()
        self._keys = keys
        self._answered_at = due = loop.time()
        self._reporter = reporter = Reporter(start=due)
        speaking = Speaking(self._source, keys.send, self._path.send_media, self._adaptation.mode)
        for sealed, at in self._early:
            self.receive(sealed, at)
        self._early.clear()
        while True:
            now = loop.time()
            if now - due > _BEHIND_SECONDS:
                # This process stood still. What was not said meanwhile is not said late.
                missed = int((now - due) / SLOT_SECONDS)
                due += missed * SLOT_SECONDS
                speaking.leave_out(missed)
                self._adaptation.stood_still(now - due + missed * SLOT_SECONDS, now)
                for _ in range(min(missed, _SKIPPED_MOST)):
                    self._source.read_frame()
            speaking.turn(self._adaptation.mode)
            self._listen(now)
            if reporter.is_due(now):
                self._report(speaking, reporter, now)
            self._watch(now)
            due += SLOT_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _listen(self, now: float) -> None:
        pcm = self._listening.turn(now)
        if not self._listening.has_played:
            return
        if not self._has_played:
            self._has_played = True
            setup = asyncio.get_running_loop().time() - self._answered_at
            self._tell(Connected("line", round(setup * 1000)))
        self._sink.write_frame(pcm)

    def _report(self, speaking: Speaking, reporter: Reporter, now: float) -> None:
        stats = self._listening.stats()
        speaking.report(reporter.make(stats, t=speaking.t, now=now))
        if not self._has_played:
            return
        rtt, remote = reporter.rtt_ms, reporter.remote_on_time
        self._tell(
            Quality(
                frames_expected=stats.frames_expected,
                frames_on_time=stats.frames_on_time,
                frames_late=stats.frames_late,
                frames_lost=stats.frames_lost,
                buffer_ms=stats.buffer_ms,
                rtt_ms=None if rtt is None else round(rtt),
                mode=speaking.mode.name,
                remote_on_time=None if remote is None else round(remote, 4),
            )
        )

    def _watch(self, now: float) -> None:
        if now >= self._look_at:
            self._look_at = now + LOOK
            self._adaptation.sender_dropped(self._path.dropped_share(), now)
        self._adaptation.received(self._listening.stats(), now)
        if self._heard_at is not None and now - self._heard_at >= TROUBLE_SECONDS:
            self._note_silence(now, now - self._heard_at)
        if self._adaptation.is_doubled != self._is_doubled:
            self._is_doubled = self._adaptation.is_doubled
            self._path.want_spare(self._is_doubled)

    def _note_silence(self, now: float, silent: float) -> None:
        self._adaptation.silent(now)
        if not self._trouble_told:
            self._trouble_told = True
            self._probe_at = now
            self._tell(Trouble(round(silent * 1000)))
        if now >= self._probe_at:
            # Again and again: a line may die after the silence began.
            self._probe_at = now + PROBE_EVERY_SECONDS
            self._probe()
