"""What a listener of the network sees of a voice is its mode, and nothing else."""

from __future__ import annotations

import pytest

from hamseda.client.listening import Listening
from hamseda.client.speaking import Speaking
from hamseda.crypto.sframe import SFrameReceiver, SFrameSender
from hamseda.errors import WireError
from hamseda.media.modes import LADDER, LAST_RESORT, MODES, SLOT_SAMPLES, STANDARD, SURVIVAL, Mode
from hamseda.transport.audio_source import SILENCE, SilentSource
from hamseda.transport.wav import WavSource
from hamseda.wire.audio import AudioFrame, Report, parse_audio_untrusted
from tests.speech import voice

KEY = bytes(range(32))
REPORT = Report(0, 1, 0, 0, 50, 50, 0, 0, 20)


class Line:
    """Take what is said, and open it as the other side does."""

    def __init__(self, mode: Mode = STANDARD, *, says: bool = False) -> None:
        self.messages: list[tuple[bytes, ...]] = []
        self.source = WavSource(voice("jfk")) if says else SilentSource()
        self.speaking = Speaking(self.source, SFrameSender(KEY), self.messages.append, mode)

    def turns(self, count: int, mode: Mode) -> None:
        """Let 20 ms pass so many times."""
        for _ in range(count):
            self.speaking.turn(mode)

    def heard(self) -> list[AudioFrame | Report]:
        """Open all that was sent."""
        receiver = SFrameReceiver(KEY)
        packets = [packet for message in self.messages for packet in message]
        opened = [receiver.open_untrusted(packet) for packet in packets]
        return [parse_audio_untrusted(plaintext or b"") for plaintext in opened]


@pytest.mark.parametrize("mode", LADDER, ids=lambda mode: mode.name)
def test_every_message_of_a_mode_has_one_size(mode: Mode) -> None:
    """Speech, silence and reports look alike; only the rate of messages tells the mode."""
    line = Line(mode, says=True)
    for second in range(5):
        line.turns(48, mode)
        if second == 2:
            line.speaking.report(REPORT)
    line.turns(12, mode)
    assert len({tuple(map(len, message)) for message in line.messages}) == 1
    assert {len(message) for message in line.messages} == {mode.packets_a_message}
    assert any(isinstance(content, Report) for content in line.heard())
    line.source.close()


@pytest.mark.parametrize("mode", LADDER, ids=lambda mode: mode.name)
def test_time_goes_on_without_a_gap_over_changes_of_mode(mode: Mode) -> None:
    """The other side puts frames together by their times: a gap would be heard."""
    line = Line()
    for turns, spoken in ((5, STANDARD), (30, mode), (7, STANDARD), (31, mode), (24, STANDARD)):
        line.turns(turns, spoken)
    frames = [content for content in line.heard() if isinstance(content, AudioFrame)]
    expected = 0
    for frame in frames:
        assert frame.t == expected
        expected += MODES[frame.code].frame_samples
    assert {frame.code for frame in frames} == {STANDARD.code, mode.code}


def test_a_change_waits_for_the_end_of_a_message() -> None:
    """Half of a pair in last resort would be a size of its own."""
    line = Line(LAST_RESORT)
    line.turns(6, LAST_RESORT)
    line.turns(6, STANDARD)
    assert [len(message) for message in line.messages] == [2]
    line.turns(1, STANDARD)
    assert [len(message) for message in line.messages] == [2, 1]


def test_a_report_may_be_half_of_a_pair() -> None:
    """It waits for a frame instead of travelling alone."""
    line = Line(LAST_RESORT)
    line.speaking.report(REPORT)
    assert line.messages == []
    line.turns(6, LAST_RESORT)
    assert [len(message) for message in line.messages] == [2]


def test_after_a_standstill_the_time_jumps() -> None:
    """What a stopped process did not say is no reason to take for late what it says next."""
    line = Line(SURVIVAL)
    line.turns(9, SURVIVAL)
    line.speaking.leave_out(100)
    line.turns(6, SURVIVAL)
    times = [content.t for content in line.heard()]
    assert times == [0, 109 * SLOT_SAMPLES]


@pytest.mark.parametrize("mode", LADDER, ids=lambda mode: mode.name)
def test_every_mode_is_heard(mode: Mode) -> None:
    """A listener takes what comes, whatever was agreed."""
    line, listening = Line(mode, says=True), Listening()
    line.turns(120, mode)
    line.source.close()
    frames = [content for content in line.heard() if isinstance(content, AudioFrame)]
    heard: list[bytes] = []
    for turn in range(120):
        now = turn * 0.02
        while frames and frames[0].t + mode.frame_samples <= turn * SLOT_SAMPLES:
            listening.put(frames.pop(0), now)
        heard.append(listening.turn(now))
    assert {len(pcm) for pcm in heard} == {len(SILENCE)}
    assert sum(1 for pcm in heard if any(pcm)) > 90
    stats = listening.stats()
    assert stats.frames_on_time == stats.frames_expected > 90


def test_a_packet_that_lasts_longer_than_it_says_is_refused() -> None:
    """A contact's broken program must not stretch this side's time."""
    opus = bytes([11 << 3 | 1]) + bytes(59)
    with pytest.raises(WireError, match="does not last"):
        Listening().put(AudioFrame(0, STANDARD.code, opus), 0.0)
