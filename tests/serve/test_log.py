"""A log that is fit to be shown to anybody."""

import io
import json

import pytest

from hamseda.errors import WireError
from hamseda.serve.log import Event, Log
from hamseda.serve.prefixes import Prefixes
from hamseda.wire.cbor import decode_untrusted


def test_entries_are_names_and_numbers() -> None:
    """A machine reads them, and nobody is in them."""
    stream = io.StringIO()
    Log(stream, lambda: 1.6, is_json=True).event(Event.STOPPING, lines=3)
    assert json.loads(stream.getvalue()) == {"t": 2, "event": "stopping", "lines": 3}
    stream = io.StringIO()
    Log(stream, lambda: 1.6).event(Event.STOPPING, lines=3)
    assert stream.getvalue() == "t=2 event=stopping lines=3\n"


def test_bug_is_logged_with_its_place_and_without_its_text() -> None:
    """An error's text may quote what somebody sent."""
    stream = io.StringIO()
    with pytest.raises(WireError) as raised:
        decode_untrusted(b"\xff")
    Log(stream, lambda: 0.0).bug(raised.value)
    assert "error=WireError place=wire/cbor.py:" in stream.getvalue()
    assert str(raised.value) not in stream.getvalue()


def test_log_that_nobody_reads_stops_nothing() -> None:
    """A full disk under the log must not end calls."""
    stream = io.StringIO()
    stream.close()
    Log(stream, lambda: 0.0).event(Event.SERVING)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("198.51.100.7", "198.51.100.200", True),
        ("198.51.100.7", "198.51.101.7", False),
        ("::ffff:198.51.100.7", "198.51.100.9", True),
        ("2001:db8:1:2::3", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::3", "2001:db8:2::3", False),
        ("fe80::1%eth0", "fe80::1", True),
        ("nonsense", "", True),
    ],
)
def test_addresses_are_rationed_by_prefix(one: str, other: str, is_same: bool) -> None:
    """Whoever has one address of a network usually has its neighbours."""
    prefixes = Prefixes(b"k" * 32)
    assert (prefixes.key_of(one) == prefixes.key_of(other)) is is_same


def test_ration_keys_mean_nothing_after_a_restart() -> None:
    """A dump of the memory of yesterday's process must name nobody."""
    address = "198.51.100.7"
    assert Prefixes(b"a" * 32).key_of(address) != Prefixes(b"b" * 32).key_of(address)
