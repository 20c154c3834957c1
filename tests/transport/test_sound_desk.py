"""A headset that is unplugged in mid-call costs a second of sound, not the call."""

from __future__ import annotations

import pytest

from hamseda.errors import AudioError
from hamseda.transport.audio_source import SILENCE
from hamseda.transport.sound_desk import CHECK_SECONDS, LOOK_SECONDS, SoundDesk
from tests.transport.sound_system import SPOKEN, PluggedIn


class Room:
    """Be a desk with its machine, its clock and what the person was told."""

    def __init__(self, *plugged: str, microphone: str | None = None, speaker: str | None = None):
        self.system = PluggedIn(*plugged)
        self.told: list[str] = []
        self.now = 0.0
        self.desk = SoundDesk(self.system, self.told.append, microphone=microphone, speaker=speaker)

    def passes(self, seconds: float) -> None:
        """Let time pass: devices tick, the desk checks."""
        until = self.now + seconds
        while self.now < until:
            self.now += CHECK_SECONDS
            self.system.tick()
            self.desk.check(self.now)

    def hears(self) -> bytes:
        """Give what the microphone says next."""
        while self.desk.read_frame() != SILENCE:
            pass
        self.system.tick()
        return self.desk.read_frame()


def test_sound_crosses_both_ways() -> None:
    """The plain case: both defaults, and nothing to say about it."""
    room = Room("mic", "speaker")
    assert room.hears() == SPOKEN
    room.desk.write_frame(b"hello")
    room.system.tick()
    assert room.system.played["speaker"][-1] == b"hello"
    room.passes(60.0)
    assert room.told == []
    assert room.system.looks == 0, "nobody looks for what is not missing"


def test_the_devices_that_were_named_are_used() -> None:
    """Who speaks into a headset does not want the camera to hear."""
    room = Room("mic", "headset mic", "speaker", "headset", microphone="headset", speaker="heads")
    assert room.desk.in_use() == {"microphone": "headset mic", "speaker": "headset"}


def test_a_device_that_is_not_there_is_told_before_the_call() -> None:
    """A typo must not end in the wrong microphone."""
    with pytest.raises(AudioError, match="no microphone is called 'piano'"):
        Room("mic", "speaker", microphone="piano")


def test_what_is_unplugged_is_replaced_and_taken_back() -> None:
    """A headset falls out and is plugged in again: the call goes on, by the camera meanwhile."""
    room = Room("mic", "speaker", "headset mic", "headset", microphone="headset mic")
    room.passes(3.0)
    room.system.plugged.remove("headset mic")
    room.passes(2.0)
    assert room.desk.in_use()["microphone"] == "mic"
    assert room.hears() == SPOKEN
    assert room.told == ["The microphone headset mic is gone.", "The microphone is mic now."]
    room.passes(30.0)
    rescans = room.system.rescans
    room.system.plugged.append("headset mic")
    room.passes(LOOK_SECONDS + 1)
    assert room.desk.in_use() == {"microphone": "headset mic", "speaker": "speaker"}
    assert room.told[2:] == ["The microphone is headset mic now."]
    assert room.system.rescans == rescans + 1


def test_a_call_without_any_device_waits_for_one() -> None:
    """Who forgot the headset can still plug it in while they talk."""
    room = Room()
    assert room.desk.read_frame() == SILENCE
    room.desk.write_frame(SILENCE)
    assert room.told == [
        "There is no microphone that works: going on without.",
        "There is no speaker that works: going on without.",
    ]
    room.system.plugged += ["mic", "speaker"]
    room.passes(LOOK_SECONDS + 1)
    assert room.hears() == SPOKEN
    assert room.told[2:] == ["The microphone is mic now.", "The speaker is speaker now."]


def test_a_device_that_another_program_holds_is_not_tried_for_ever() -> None:
    """Each try stops both sounds for a moment, so it is made when something has changed."""
    room = Room("mic", "speaker", "other mic", microphone="other mic")
    room.system.broken.add("other mic")
    room.system.streams[0].active = False
    room.passes(60.0)
    assert room.desk.in_use()["microphone"] == "mic"
    assert room.system.rescans <= 2
    assert len(room.told) == 2


def test_a_machine_that_slept_has_lost_no_device() -> None:
    """After a lid was closed nothing has ticked for an hour, which proves nothing."""
    room = Room("mic", "speaker")
    room.passes(3.0)
    room.now += 3600.0
    room.desk.check(room.now)
    room.passes(3.0)
    assert room.told == []


def test_the_person_goes_through_the_list() -> None:
    """One key is enough: it takes the next one, and says which."""
    room = Room("mic", "second mic", "speaker")
    room.desk.change("microphone")
    assert room.desk.in_use()["microphone"] == "second mic"
    room.desk.change("microphone")
    room.desk.change("speaker")
    assert room.desk.in_use() == {"microphone": "mic", "speaker": "speaker"}
    assert room.told[0] == "The microphone is second mic now."
    assert room.hears() == SPOKEN


def test_the_watch_ends_with_the_desk() -> None:
    """The thread takes what the keys ask for, and is gone with the call."""
    room = Room("mic", "second mic", "speaker")
    room.desk.start()
    room.desk.next_device("microphone")
    room.desk.close()
    assert room.told == ["The microphone is second mic now."]
    assert not any(stream.active for stream in room.system.streams)
    room.desk.close()
