"""Run the sound of one call: capture, seal and send; receive, open, wait and play.

One tick of 20 ms does both directions. Nothing here knows a socket: sealed frames leave through
`send` and come in through `receive`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from hamseda.client.events import CallEvent, Connected, Quality, Recovered, Trouble
from hamseda.crypto.sframe import SFrameReceiver, SFrameSender
from hamseda.errors import WireError
from hamseda.media.jitter_buffer import Conceal, JitterBuffer, Play, Silence
from hamseda.media.modes import STANDARD, Mode
from hamseda.media.report import Reporter
from hamseda.transport.audio_source import AudioSink, AudioSource
from hamseda.transport.opus import OpusDecoder, OpusEncoder
from hamseda.wire.audio import (
    AudioFrame,
    Report,
    encode_audio,
    encode_report,
    parse_audio_untrusted,
)

TROUBLE_SECONDS = 0.5
PROBE_EVERY_SECONDS = 2.0
EARLY_FRAMES = 100
"""Frames kept that came before this side could open them: 2 s (spec/call.md §3)."""
_BEHIND_SECONDS = 0.2
_SKIPPED_MOST = 4500
"""Frames of the source that are skipped after a stop: 90 s, when the call is lost anyway."""


@dataclass(frozen=True, slots=True)
class MediaKeys:
    """Be the two base keys of one call, and the mode it is spoken in."""

    send: SFrameSender
    receive: SFrameReceiver
    mode: Mode = STANDARD


class Voice:
    """Carry the voices of one call from `MediaOpened` on.

    `heard` is called for each authentic frame, `tell` for each event, `probe` when the other side
    has been silent for a second: it asks whether the line still works.
    """

    def __init__(
        self,
        source: AudioSource,
        sink: AudioSink,
        send: Callable[[bytes], None],
        heard: Callable[[], None],
        tell: Callable[[CallEvent], None],
        probe: Callable[[], None],
    ) -> None:
        self._source = source
        self._sink = sink
        self._send = send
        self._heard = heard
        self._tell = tell
        self._probe = probe
        self._early: list[tuple[bytes, float]] = []
        self._keys: MediaKeys | None = None
        self._jitter = JitterBuffer()
        self._encoder = OpusEncoder(STANDARD)
        self._decoder = OpusDecoder()
        self._reporter: Reporter | None = None
        self._answered_at = 0.0
        self._heard_at: float | None = None
        self._trouble_told = False
        self._probe_at = 0.0
        self._has_played = False
        self._t = 0
        self.refused_frames = 0
        """Frames that did not authenticate or parse."""

    def receive(self, sealed: bytes, now: float) -> None:
        """Take one sealed frame; before the keys are known the newest 2 s are kept."""
        if self._keys is None:
            self._early.append((sealed, now))
            del self._early[:-EARLY_FRAMES]
            return
        try:
            plaintext = self._keys.receive.open_untrusted(sealed)
            if plaintext is None:
                return
            content = parse_audio_untrusted(plaintext)
        except WireError:
            self.refused_frames += 1
            return
        self._note_heard(now)
        if isinstance(content, Report):
            if self._reporter is not None:
                self._reporter.hear(content, now)
        elif content.code == self._keys.mode.code:
            self._jitter.put(content.t, content.opus, 1, now)

    def _note_heard(self, now: float) -> None:
        self._heard()
        if self._trouble_told and self._heard_at is not None:
            self._tell(Recovered(round((now - self._heard_at) * 1000)))
            self._trouble_told = False
        self._probe_at = 0.0
        self._heard_at = now

    async def run(self, keys: MediaKeys) -> None:
        """Talk and listen until cancelled."""
        loop = asyncio.get_running_loop()
        self._keys = keys
        self._answered_at = due = loop.time()
        self._reporter = Reporter(start=due)
        for sealed, at in self._early:
            self.receive(sealed, at)
        self._early.clear()
        while True:
            now = loop.time()
            if now - due > _BEHIND_SECONDS:
                # This process stood still. What was not said meanwhile is not said late.
                missed = int((now - due) / (keys.mode.frame_ms / 1000))
                due += missed * keys.mode.frame_ms / 1000
                self._t += missed * keys.mode.frame_samples
                for _ in range(min(missed, _SKIPPED_MOST)):
                    self._source.read_frame()
            self._speak(keys)
            self._listen(now)
            self._report(keys, now)
            self._watch(now)
            due += keys.mode.frame_ms / 1000
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _speak(self, keys: MediaKeys) -> None:
        opus = self._encoder.encode(self._source.read_frame())
        frame = AudioFrame(self._t & 0xFFFF_FFFF, keys.mode.code, opus)
        self._send(keys.send.seal(encode_audio(frame)))
        self._t += keys.mode.frame_samples

    def _listen(self, now: float) -> None:
        match self._jitter.take(now, 0.0):
            case Play(opus=opus):
                pcm = self._decoder.decode(opus)
                if not self._has_played:
                    self._has_played = True
                    setup = asyncio.get_running_loop().time() - self._answered_at
                    self._tell(Connected("line", round(setup * 1000)))
            case Conceal():
                pcm = self._decoder.conceal()
            case Silence():
                pcm = bytes(STANDARD.frame_bytes)
        if self._has_played:
            self._sink.write_frame(pcm)

    def _report(self, keys: MediaKeys, now: float) -> None:
        reporter = self._reporter
        if reporter is None or not reporter.is_due(now):
            return
        stats = self._jitter.stats()
        report = reporter.make(stats, t=self._t & 0xFFFF_FFFF, now=now)
        self._send(keys.send.seal(encode_report(report, mode_code=keys.mode.code)))
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
                mode=keys.mode.name,
                remote_on_time=None if remote is None else round(remote, 4),
            )
        )

    def _watch(self, now: float) -> None:
        since = self._heard_at if self._heard_at is not None else self._answered_at
        silent = now - since
        if silent < TROUBLE_SECONDS or self._heard_at is None:
            return
        if not self._trouble_told:
            self._trouble_told = True
            self._probe_at = now
            self._tell(Trouble(round(silent * 1000)))
        if now >= self._probe_at:
            # Again and again: a line may die after the silence began.
            self._probe_at = now + PROBE_EVERY_SECONDS
            self._probe()
