"""How near a place is does not depend on how it is spelled, nor on the language that reads it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.wire.descriptor import Endpoint
from hamseda.wire.host import is_loopback
from hamseda.wire.scope import Scope, floor_of, scope_of, within

ADDRESSES = json.loads(
    Path(__file__).parents[1].joinpath("data", "addresses.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("row", ADDRESSES, ids=lambda row: row["host"])
def test_every_spelling_has_its_scope(row: dict[str, object]) -> None:
    """The page replays the same rows: one that disagrees would dial what the other refuses."""
    host = str(row["host"])
    assert scope_of(host) == row["scope"]
    assert is_loopback(host) == row["loopback"]


@given(st.text(alphabet="0123456789abcdefxABX.:%l", max_size=20))
def test_what_the_system_reads_as_an_address_is_never_a_name(text: str) -> None:
    """An address that passes as a name would be dialled as one that is far away."""
    try:
        address = socket.inet_aton(text)
    except (OSError, UnicodeError):
        return
    assert scope_of(text) == scope_of(socket.inet_ntoa(address))


@given(st.text(max_size=40))
def test_noise_has_a_scope_or_is_a_name(text: str) -> None:
    """Hosts are written by strangers."""
    assert scope_of(text) in (None, *Scope)


def test_a_name_that_a_person_chose_may_be_in_the_house_and_not_in_the_machine() -> None:
    """A town without Internet has names of its own; nobody's name is this machine."""
    assert floor_of("home.example") is Scope.PRIVATE
    assert floor_of("localhost") is Scope.LOOPBACK
    assert floor_of("203.0.113.7") is Scope.PUBLIC


def test_a_list_keeps_what_is_far_enough_and_all_names() -> None:
    """What a name leads to is judged when it is dialled."""
    hosts = ("127.1", "192.168.1.1", "home.example", "203.0.113.7")
    ends = [Endpoint("https", host, 443, "", "d" * 10, web=True) for host in hosts]
    assert [end.host for end in within(ends, Scope.PRIVATE)] == list(hosts[1:])
    assert [end.host for end in within(ends, Scope.PUBLIC)] == list(hosts[2:])
