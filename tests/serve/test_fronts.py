"""Which fronts a home knows, and whom it lets pay less than everybody."""

import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.front_pass import make_pass
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import ConfigError
from hamseda.protocol.quota import Payer
from hamseda.serve import fronts
from hamseda.serve.fronts import FRONTS_NAME, Fronts, read_fronts
from hamseda.wire import base64url
from hamseda.wire.admission import Admission
from hamseda.wire.descriptor import Endpoint

HOME = "A" * 43
NOW = 1_800_000_000
KEY = SigningKey(b"k" * 32)


def admission(number: int = 0, key: SigningKey = KEY) -> Admission:
    """Give a front."""
    host = f"front{number}.example"
    return Admission(Endpoint("https", host, 443, "", "a-door-of-a-front", web=True), key.public)


def proof(key: SigningKey = KEY, home: str = HOME, now: int = NOW, person: bytes = b"p") -> str:
    """Give what a front shows, fresh."""
    made = make_pass(key, home, now, person * 16, secrets.token_bytes)
    return "Bearer " + base64url.encode(made)


def opened(data: Path) -> Fronts:
    """Give what a running home holds."""
    held = Fronts(data, HOME, b"s" * 32, 16)
    held.read_again()
    return held


def test_admitted_fronts_are_listed_in_their_order(tmp_path: Path) -> None:
    """The order is the order of trying, and a second admission changes no place but its own."""
    other = SigningKey(b"o" * 32)
    assert read_fronts(tmp_path) == ()
    fronts.admit(tmp_path, admission(1))
    fronts.admit(tmp_path, admission(2, other))
    assert read_fronts(tmp_path) == (admission(1), admission(2, other))
    fronts.admit(tmp_path, admission(3))
    assert read_fronts(tmp_path) == (admission(2, other), admission(3))
    assert fronts.remove(tmp_path, admission(2, other))
    assert not fronts.remove(tmp_path, admission(2, other))
    assert read_fronts(tmp_path) == (admission(3),)


def test_a_home_has_so_many_fronts(tmp_path: Path) -> None:
    """One place of a description's sixteen is the home's own."""
    for number in range(15):
        fronts.admit(tmp_path, admission(number, SigningKey(bytes([number]) * 32)))
    with pytest.raises(ConfigError, match="at most 15"):
        fronts.admit(tmp_path, admission(15, SigningKey(bytes([15]) * 32)))


def test_a_damaged_list_is_said_and_the_old_one_stays(tmp_path: Path) -> None:
    """A slip of an editor must not throw out everybody who comes through a front."""
    fronts.admit(tmp_path, admission())
    held = opened(tmp_path)
    (tmp_path / FRONTS_NAME).write_text("https://half", encoding="ascii")
    with pytest.raises(ConfigError, match="cannot read"):
        held.read_again()
    assert held.endpoints == (admission().endpoint,)
    assert held.payer(proof(), NOW) is not None


def test_the_list_is_read_when_it_changed(tmp_path: Path) -> None:
    """Admitting must not need a restart, and must cost a running home nothing."""
    held = opened(tmp_path)
    assert not held.read_again()
    fronts.admit(tmp_path, admission())
    assert held.read_again()
    assert not held.read_again()
    (tmp_path / FRONTS_NAME).unlink()
    assert held.read_again()
    assert held.endpoints == ()


def test_people_of_a_front_are_told_apart_and_named_by_nothing(tmp_path: Path) -> None:
    """Each has rations of his own; what memory holds is neither key nor pseudonym."""
    fronts.admit(tmp_path, admission())
    held = opened(tmp_path)
    one, again, other = (held.payer(proof(person=each), NOW) for each in (b"p", b"p", b"q"))
    assert isinstance(one, Payer)
    assert isinstance(other, Payer)
    assert one == again
    assert one.prefix != other.prefix
    assert (one.front, one.rations) == (other.front, 16)
    assert b"p" * 16 not in {one.prefix, one.front}
    assert KEY.public[:16] not in {one.prefix, one.front}


@pytest.mark.parametrize(
    "shown",
    [
        proof(SigningKey(b"x" * 32)),
        proof(home="B" * 43),
        proof(now=NOW - 61),
        proof(now=NOW + 61),
        "Bearer ",
        "Bearer !",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    ],
)
def test_a_pass_that_proves_nothing_counts_for_nothing(tmp_path: Path, shown: str) -> None:
    """Unknown, foreign, stale, early, malformed: such a connection pays for its own address."""
    fronts.admit(tmp_path, admission())
    assert opened(tmp_path).payer(shown, NOW) is None


def test_a_pass_is_good_once(tmp_path: Path) -> None:
    """Who breaks the TLS between front and home must not multiply what he saw."""
    fronts.admit(tmp_path, admission())
    held = opened(tmp_path)
    shown = proof()
    assert held.payer(shown, NOW) is not None
    assert held.payer(shown, NOW) is None
    assert held.payer(shown, NOW + 60) is None


def test_a_removed_front_is_a_stranger_again(tmp_path: Path) -> None:
    """Taking back must take back."""
    fronts.admit(tmp_path, admission())
    held = opened(tmp_path)
    assert held.payer(proof(), NOW) is not None
    fronts.remove(tmp_path, admission())
    held.read_again()
    assert held.payer(proof(), NOW) is None


@given(st.text(max_size=300))
def test_noise_in_the_header_is_no_front(noise: str) -> None:
    """Anybody who knows the door can send any header."""
    assert Fronts(Path("/nonexistent"), HOME, b"s" * 32, 16).payer(noise, NOW) is None
