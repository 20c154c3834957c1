"""From whom a reverse proxy says that it passes something on."""

import pytest

from hamseda.errors import WireError
from hamseda.wire.forwarded import last_hop_untrusted


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("nonsense,203.0.113.9:4711", "203.0.113.9"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
    ],
)
def test_the_last_hop_is_the_proxys_own_word(header: str, address: str) -> None:
    """What stands before it came with the request."""
    assert last_hop_untrusted(header) == address


@pytest.mark.parametrize("header", ["", "unknown", "203.0.113.9,", "203.0.113.9, _hidden", "1.2.3"])
def test_what_names_nobody_is_refused(header: str) -> None:
    """The hop before it is no second choice: the client wrote that one."""
    with pytest.raises(WireError):
        last_hop_untrusted(header)
