"""What was decoded is played, in order, whole, one slot at a time."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from hamseda.media.modes import SLOT_BYTES, SLOT_SAMPLES
from hamseda.media.player import Player
from hamseda.media.playout import Stretch


def block(slots: int, first: int = 0) -> bytes:
    """Make a block of which each sample says where it belongs."""
    count = slots * SLOT_SAMPLES
    return struct.pack(f"<{count}h", *[(first + index) % 30_000 for index in range(count)])


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
    speech = struct.pack(
        f"<{SLOT_SAMPLES}h", *[(index * 480) % 9600 for index in range(SLOT_SAMPLES)]
    )
    for stretch in (Stretch.SHORTER_IN_PAUSE, Stretch.LONGER_IN_PAUSE):
        player = Player()
        player.push(speech, stretch=stretch)
        assert player.pending == 0.020
        player.push(bytes(SLOT_BYTES), stretch=stretch)
        assert player.pending != 0.040


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 7), st.sampled_from(Stretch))))
def test_every_pull_is_one_slot(blocks: list[tuple[int, int, Stretch]]) -> None:
    """Whatever comes out of a decoder, the device gets what it asks for."""
    player = Player()
    for slots, skipped, stretch in blocks:
        player.push(bytes(slots * SLOT_BYTES), skip_slots=skipped, stretch=stretch)
        assert len(player.pull()) == SLOT_BYTES
