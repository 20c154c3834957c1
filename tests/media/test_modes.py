"""The modes are those of the specification, and each needs less than the one before it."""

from __future__ import annotations

from itertools import pairwise

from hamseda.media.modes import LADDER, LAST_RESORT, MODES
from hamseda.wire.audio import OPUS_BYTES


def test_packets_have_the_sizes_of_the_wire() -> None:
    """A size that is not in the registry would be refused by the other side."""
    assert {code: mode.opus_bytes for code, mode in MODES.items()} == dict(OPUS_BYTES)


def test_frames_fill_whole_slots() -> None:
    """Counts compare across modes only then."""
    assert [mode.slots for mode in LADDER] == [1, 2, 3, 6, 6]


def test_each_step_down_needs_less_of_the_network() -> None:
    """The rates of spec/media.md §6, with every layer."""
    assert [round(mode.wire_kbit_s) for mode in LADDER] == [57, 40, 27, 17, 12]
    assert all(above.wire_kbit_s > below.wire_kbit_s for above, below in pairwise(LADDER))


def test_only_the_last_resort_shares_its_envelope() -> None:
    """Two packets a message cost delay, which is given only where nothing else is left."""
    assert [mode for mode in LADDER if mode.packets_a_message > 1] == [LAST_RESORT]
