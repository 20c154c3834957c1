"""Turn packets of the other side into the sound that is played, 20 ms a turn."""

from __future__ import annotations

from hamseda.errors import WireError
from hamseda.media.jitter_buffer import JitterBuffer
from hamseda.media.modes import MAX_SLOTS, MODES
from hamseda.media.player import Player
from hamseda.media.playout import Conceal, Play, ReceptionStats, Silence
from hamseda.transport.audio_source import SILENCE
from hamseda.transport.opus import OpusDecoder, packet_slots
from hamseda.wire.audio import AudioFrame


class Listening:
    """Wait as long as the path asks for, decode every mode, conceal what is missing."""

    def __init__(self) -> None:
        self._jitter = JitterBuffer()
        self._decoder = OpusDecoder()
        self._player = Player()
        self.has_played = False
        """A frame of the other side has reached the player."""

    def put(self, frame: AudioFrame, now: float) -> None:
        """Take one authentic frame; one that lasts longer or shorter than it says is refused."""
        slots = MODES[frame.code].slots
        if packet_slots(frame.opus) != slots:
            raise WireError(f"a packet of mode {frame.code} does not last {slots} slots")
        self._jitter.put(frame.t, frame.opus, slots, now)

    def turn(self, now: float) -> bytes:
        """Give the next 20 ms to play."""
        for _ in range(MAX_SLOTS):
            if not self._player.is_hungry:
                break
            self._fill(now)
        return self._player.pull()

    def stats(self) -> ReceptionStats:
        """Give the counts so far."""
        return self._jitter.stats()

    def _fill(self, now: float) -> None:
        match self._jitter.take(now, self._player.pending):
            case Play(opus=opus, skip_slots=skip_slots, stretch=stretch):
                pcm = self._decoder.decode(opus, packet_slots(opus) or 1)
                self._player.push(pcm, skip_slots=skip_slots, stretch=stretch)
                self.has_played = True
            case Conceal():
                self._player.push(self._decoder.conceal())
            case Silence():
                self._player.push(SILENCE)
