"""What was decoded is played, in order, whole, one slot at a time."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from hamseda.media.modes import SLOT_BYTES, SLOT_SAMPLES
from hamseda.media.player import Player
from hamseda.media.playout import Stretch


def block(slots: int, first: int = 0) -> bytes:
    """Make a block of which each sample says where it belongs."""
    count = slots * SLOT_SAMPLES
    return struct.pack(f"<{count}h", *[(first + index) % 30_000 for index in range(count)])


def block_of(samples: Iterable[float]) -> bytes:
    """Make a block of samples between -1 and 1."""
    pcm = [round(32_767 * sample) for sample in samples]
    return struct.pack(f"<{len(pcm)}h", *pcm)


def test_a_long_block_is_played_in_slots() -> None:
    """A frame of 120 ms lasts six turns of the sound card."""
    player = Player()
    assert player.is_hungry
    player.push(block(6))
    assert player.pending == 0.120
    slots = [player.pull() for _ in range(6)]
    assert b"".join(slots) == block(6)
    assert player.is_hungry


def test_what_the_jitter_buffer_skips_is_not_heard() -> None:
    """The part of a frame that came too late is left out, the rest is said."""
    player = Player()
    player.push(block(3), skip_slots=2)
    assert player.pull() == block(3)[2 * SLOT_BYTES :]
    assert player.pending == 0.0


def test_an_empty_player_plays_silence() -> None:
    """A sound card never waits."""
    player = Player()
    player.push(b"\1\0")
    assert player.pull() == b"\1\0" + bytes(SLOT_BYTES - 2)


def test_stretching_changes_how_long_a_block_lasts() -> None:
    """The jitter buffer reads off `pending` what a stretch has brought."""
    for slots in (1, 2, 3, 6):
        for stretch, sign in ((Stretch.SHORTER, -1), (Stretch.LONGER, 1)):
            player = Player()
            player.push(bytes(slots * SLOT_BYTES), stretch=stretch)
            assert sign * (player.pending - slots * 0.020) > 0.002


def test_a_pause_is_stretched_where_speech_is_not() -> None:
    """Nobody hears that a pause was shorter."""
    # It rises all the time: no part of it is like another.
    speech = block_of(0.2 * math.sin(index * index / 4000) for index in range(SLOT_SAMPLES))
    for stretch in (Stretch.SHORTER_IN_PAUSE, Stretch.LONGER_IN_PAUSE):
        player = Player()
        player.push(speech, stretch=stretch)
        assert player.pending == 0.020
        player.push(bytes(SLOT_BYTES), stretch=stretch)
        assert player.pending != 0.040


def test_speech_that_repeats_itself_is_shortened_now_and_then() -> None:
    """A vowel may lose one period and nobody hears it; a vowel that loses many buzzes."""
    vowel = block_of(0.2 * math.sin(index * math.tau / 240) for index in range(SLOT_SAMPLES))
    player = Player()
    gained: list[bool] = []
    for _ in range(25):
        before = player.pending
        player.push(vowel, stretch=Stretch.SHORTER_IN_PAUSE)
        gained.append(player.pending - before < 0.019)
    assert [number for number, one in enumerate(gained) if one] == [0, 10, 20]
    player = Player()
    player.push(vowel, stretch=Stretch.LONGER_IN_PAUSE)
    assert player.pending == 0.020


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 7), st.sampled_from(Stretch))))
def test_every_pull_is_one_slot(blocks: list[tuple[int, int, Stretch]]) -> None:
    """Whatever comes out of a decoder, the device gets what it asks for."""
    player = Player()
    for slots, skipped, stretch in blocks:
        player.push(bytes(slots * SLOT_BYTES), skip_slots=skipped, stretch=stretch)
        assert len(player.pull()) == SLOT_BYTES
