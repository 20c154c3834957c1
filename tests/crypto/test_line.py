"""Hold line.py against spec/line.md §1, §2."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hamseda.crypto import kem
from hamseda.crypto.aead import gcm_seal
from hamseda.crypto.line import (
    M1_SIZE,
    M2_SIZE,
    RECORD_SIZES,
    Records,
    client_start,
    home_respond_untrusted,
)
from hamseda.crypto.padding import pad
from hamseda.errors import UsageError, WireError
from tests.crypto.dice import Dice

HOME = kem.key_pair(bytes(32))
HELLO = 0x30


def open_line(seed: str = "line") -> tuple[Records, Records]:
    """Do a whole handshake; give the client's and the home's records."""
    dice = Dice(seed)
    client = client_start(HOME.public, dice)
    m2, home_records = home_respond_untrusted(HOME, client.m1, HELLO, b"hello", dice)
    client_records, kind, body = client.finish_untrusted(m2)
    assert (kind, body) == (HELLO, b"hello")
    return client_records, home_records


def test_both_sides_agree_and_sizes_never_vary() -> None:
    """The line's first two messages tell an observer nothing, not even by length."""
    dice = Dice("sizes")
    client = client_start(HOME.public, dice)
    m2, home_records = home_respond_untrusted(HOME, client.m1, HELLO, b"", dice)
    records, _, _ = client.finish_untrusted(m2)
    assert (len(client.m1), len(m2)) == (M1_SIZE, M2_SIZE) == (2385, 1 + 1168 + 272)
    assert records.line_id == home_records.line_id


def test_records_travel_both_ways_in_order() -> None:
    """The plainest duty of a line."""
    client, home = open_line()
    for n in range(4):
        body = b"\x80\x00" * n * 200
        assert home.open_untrusted(client.seal(0x11, body)) == (0x11, body)
        assert client.open_untrusted(home.seal(0x31, body)) == (0x31, body)


@pytest.mark.parametrize(
    ("length", "size"),
    [(0, 256), (254, 256), (255, 1024), (4350, 4352), (16_638, 16_640), (65_790, 65_792)],
)
def test_a_record_has_one_of_five_sizes(length: int, size: int) -> None:
    """An observer of the TLS stream must not read requests off their lengths."""
    client, home = open_line()
    message = client.seal(1, bytes(length))
    assert len(message) == 1 + size + 16
    assert home.open_untrusted(message) == (1, bytes(length))


def test_a_body_that_fits_no_bucket_uses_no_counter() -> None:
    """A refused body must not leave a hole that breaks the line."""
    client, home = open_line()
    with pytest.raises(UsageError):
        client.seal(1, bytes(65_791))
    assert home.open_untrusted(client.seal(1, b"next")) == (1, b"next")


def test_a_replayed_reordered_or_reflected_record_ends_the_line() -> None:
    """Nothing that an interceptor does with whole records may pass."""
    for attack in ("replay", "reorder", "reflect", "tamper"):
        client, home = open_line(attack)
        first, second = client.seal(1, b"a"), client.seal(1, b"b")
        bad = {
            "replay": first,
            "reorder": client.seal(1, b"c"),
            "reflect": home.seal(1, b"d"),
            "tamper": second[:-1] + bytes([second[-1] ^ 1]),
        }[attack]
        home.open_untrusted(first)
        with pytest.raises(WireError):
            home.open_untrusted(bad)
        with pytest.raises(WireError, match="over"):
            home.open_untrusted(second)


def test_only_the_home_that_was_asked_for_can_answer() -> None:
    """A middlebox with a valid certificate of its own must fail here."""
    client = client_start(HOME.public, Dice("other"))
    impostor = kem.key_pair(bytes(31) + b"\1")
    with pytest.raises(WireError):
        home_respond_untrusted(impostor, client.m1, HELLO, b"", Dice())


def test_an_answer_to_another_client_does_not_finish_a_handshake() -> None:
    """Who records one handshake must not be able to play the home in the next."""
    dice = Dice("swap")
    one, two = client_start(HOME.public, dice), client_start(HOME.public, dice)
    m2, _ = home_respond_untrusted(HOME, one.m1, HELLO, b"", dice)
    with pytest.raises(WireError):
        two.finish_untrusted(m2)


@pytest.mark.parametrize("index", [0, 1, 1100, 1168, 1169, -1])
def test_a_changed_answer_does_not_finish_a_handshake(index: int) -> None:
    """The client sends nothing before the home's key is confirmed."""
    dice = Dice("changed")
    client = client_start(HOME.public, dice)
    m2, _ = home_respond_untrusted(HOME, client.m1, HELLO, b"", dice)
    changed = bytearray(m2)
    changed[index] ^= 1
    with pytest.raises(WireError):
        client.finish_untrusted(bytes(changed))
    with pytest.raises(UsageError):
        client.finish_untrusted(m2)


def test_two_lines_share_no_key_and_no_id() -> None:
    """A replayed m1 must gain nothing: the home adds its own half."""
    dice = Dice("replayed m1")
    client = client_start(HOME.public, dice)
    _, one = home_respond_untrusted(HOME, client.m1, HELLO, b"", dice)
    _, two = home_respond_untrusted(HOME, client.m1, HELLO, b"", dice)
    assert one.line_id != two.line_id
    assert one.seal(1, b"same") != two.seal(1, b"same")


@given(st.one_of(st.binary(max_size=300), st.binary(min_size=M1_SIZE, max_size=M1_SIZE)))
@settings(max_examples=30)
def test_noise_raises_the_one_error(noise: bytes) -> None:
    """A port scanner must not be able to crash a home, nor a home its client."""
    with pytest.raises(WireError):
        home_respond_untrusted(HOME, noise, HELLO, b"", Dice())
    with pytest.raises(WireError):
        client_start(HOME.public, Dice()).finish_untrusted(noise)
    with pytest.raises(WireError):
        Records(bytes(32), bytes(32), bytes(32)).open_untrusted(noise)


def test_a_record_without_a_type_is_refused() -> None:
    """Padding around nothing at all is not a message."""
    key = bytes(32)
    forged = gcm_seal(key, bytes(12), pad(b"", RECORD_SIZES[0]))
    with pytest.raises(WireError, match="without a type"):
        Records(key, key, bytes(32)).open_untrusted(b"\x02" + forged)
