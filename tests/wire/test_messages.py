"""Each record type has one direction and one reader."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hamseda.errors import WireError
from hamseda.wire.codes import RecordType
from hamseda.wire.line import BODY_MOST, MESSAGE_MOST
from hamseda.wire.mailbox import Deliver, Put
from hamseda.wire.messages import (
    Push,
    Request,
    encode_message,
    parse_push_untrusted,
    parse_request_untrusted,
)
from hamseda.wire.relay import RoomControl
from tests.wire.examples import EXAMPLES

REQUESTS: tuple[type[Any], ...] = get_args(Request)
PUSHES: tuple[type[Any], ...] = get_args(Push)


def test_every_record_type_is_somebodys() -> None:
    """A number in the registry that nobody reads would be a dead letter."""
    assert {kind.type for kind in REQUESTS + PUSHES} == set(RecordType)
    assert {kind.type for kind in REQUESTS} & {kind.type for kind in PUSHES} == {
        RecordType.ROOM_CONTROL
    }


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=4)
def test_a_request_is_read_by_the_home_only(kind: type[Any], data: st.DataObject) -> None:
    """A home that could be made to send requests would turn its clients into homes."""
    message = data.draw(EXAMPLES[kind])
    record_type, body = encode_message(message)
    assert parse_request_untrusted(record_type, body) == message
    if kind is not RoomControl:
        with pytest.raises(WireError):
            parse_push_untrusted(record_type, body)


@pytest.mark.parametrize("kind", PUSHES, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=4)
def test_a_push_is_read_by_the_client_only(kind: type[Any], data: st.DataObject) -> None:
    """And the other way round."""
    message = data.draw(EXAMPLES[kind])
    record_type, body = encode_message(message)
    assert parse_push_untrusted(record_type, body) == message
    if kind is not RoomControl:
        with pytest.raises(WireError):
            parse_request_untrusted(record_type, body)


def test_the_largest_envelope_fits_into_the_largest_record() -> None:
    """Otherwise a size of the specification could be written and never sent."""
    most = 2**53 - 1
    for message in (
        Put(2**32 - 1, bytes(16), bytes(32), bytes(16), bytes(65536)),
        Deliver(bytes(16), most, most, bytes(65536)),
    ):
        assert len(message.encode()) <= BODY_MOST


def test_the_largest_websocket_message_is_the_registrys() -> None:
    """Homes close on anything larger (registry §4)."""
    assert MESSAGE_MOST == 65_809


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=3)
def test_no_bytes_show_in_a_repr(kind: type[Any], data: st.DataObject) -> None:
    """A value that is logged by mistake must not give a key or a token away."""
    shown = repr(data.draw(EXAMPLES[kind]))
    assert "b'" not in shown
    assert 'b"' not in shown
    assert "example" not in shown
