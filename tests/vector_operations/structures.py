"""Run the operations of cbor.json, messages.json and link.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from hamseda.errors import WireError
from hamseda.wire import call, cbor, descriptor, document, invitation, link, mailbox
from hamseda.wire.able import Able
from hamseda.wire.codes import RecordType
from hamseda.wire.messages import (
    UnknownRequest,
    encode_message,
    parse_push_untrusted,
    parse_request_untrusted,
)
from hamseda.wire.ratchet import check_empty_untrusted
from tests.vectors import Json, Values

Out = dict[str, Json]


class Structure(Protocol):
    """Be anything that wire reads and writes."""

    def encode(self) -> bytes:
        """Write the bytes again."""
        ...


def to_json(value: cbor.Value) -> Json:
    """Write decoded CBOR as the vectors do."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, int):
        return value
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    return [to_json(item) for item in value]


def from_json(value: Json) -> cbor.Value:
    """Read what `to_json` writes."""
    if isinstance(value, str):
        return bytes.fromhex(value)
    if isinstance(value, int):
        return value
    if isinstance(value, dict):
        text = value.get("text")
        if isinstance(text, str):
            return text
        return {int(key): from_json(item) for key, item in value.items()}
    return [from_json(item) for item in value]


def _cbor(given: Values, out: Values) -> Out:
    decoded = cbor.decode_untrusted(given.hex("bytes"))
    value = to_json(decoded)
    assert cbor.encode(from_json(out.raw["value"])) == given.hex("bytes")
    return {"value": value}


PARSERS: dict[str, Callable[[bytes], Structure]] = {
    "able": Able.parse_untrusted,
    "accept_body": invitation.AcceptBody.parse_untrusted,
    "answer": call.Signed.parse_untrusted,
    "answer_body": call.AnswerBody.parse_untrusted,
    "bundle": invitation.Bundle.parse_untrusted,
    "busy": call.CallRef.parse_untrusted,
    "cancel": call.CallRef.parse_untrusted,
    "control": call.Control.parse_untrusted,
    "decline": call.CallRef.parse_untrusted,
    "descriptor": descriptor.Descriptor.parse_untrusted,
    "document_reply": document.DocumentReply.parse_untrusted,
    "endpoints": descriptor.SignedDescriptor.parse_untrusted,
    "hangup": call.Hangup.parse_untrusted,
    "home_document": descriptor.HomeDocument.parse_untrusted,
    "mailbox_address": mailbox.MailboxAddress.parse_untrusted,
    "offer": call.Signed.parse_untrusted,
    "offer_body": call.OfferBody.parse_untrusted,
    "refused": invitation.Refused.parse_untrusted,
    "signed_descriptor": descriptor.SignedDescriptor.parse_untrusted,
    "welcome": invitation.Welcome.parse_untrusted,
}
EMPTY = {"confirm", "out_of_step"}
EMPTY_MAP = b"\xa0"


def _body(given: Values, _: Values) -> Out:
    name, body = given.text("name"), given.hex("body")
    if name in EMPTY:
        check_empty_untrusted(body)
    elif name in PARSERS:
        assert PARSERS[name](body).encode() == body
    else:
        record_type = RecordType(given.number("type"))
        assert record_type.name.lower() == name
        assert _record(record_type, body) == (record_type, body)
    return {"value": to_json(cbor.decode_untrusted(body))}


def _body_known(given: Values, _: Values) -> Out:
    """Read what a later release may write, and write what was understood."""
    name, body = given.text("name"), given.hex("body")
    if name in EMPTY:
        check_empty_untrusted(body)
        return {"known": EMPTY_MAP.hex()}
    if name in PARSERS:
        return {"known": PARSERS[name](body).encode().hex()}
    return {"known": _record(RecordType(given.number("type")), body)[1].hex()}


def _request_unknown(given: Values, _: Values) -> Out:
    request = parse_request_untrusted(given.number("type"), given.hex("body"))
    assert isinstance(request, UnknownRequest)
    return {"q": request.q}


def _push_unknown(given: Values, _: Values) -> Out:
    assert parse_push_untrusted(given.number("type"), given.hex("body")) is None
    return {}


def _record(record_type: RecordType, body: bytes) -> tuple[RecordType, bytes]:
    """Parse a body wherever its type may travel, and encode it again."""
    request = push = None
    if record_type <= RecordType.ROOM_CONTROL:
        request = parse_request_untrusted(record_type, body)
        assert not isinstance(request, UnknownRequest)
    if record_type >= RecordType.ROOM_CONTROL:
        push = parse_push_untrusted(record_type, body)
    message = request or push
    assert message is not None
    assert record_type is not RecordType.ROOM_CONTROL or request == push
    return encode_message(message)


def _link(given: Values, _: Values) -> Out:
    parsed = link.parse_link(given.text("link"))
    out: Out = {"scheme": parsed.scheme, "host": parsed.host, "port": parsed.port}
    match parsed:
        case link.HomeLink():
            return out | {"kind": "home", "door": parsed.door, "home_id": parsed.home_id}
        case link.InvitationLink():
            return out | {"kind": "invitation", "door": parsed.door, "L": parsed.hash.hex()}
        case link.LocalHome():
            return out | {"kind": "bare"}


def _link_format(given: Values, _: Values) -> Out:
    scheme: link.Scheme = "https" if given.text("scheme") == "https" else "http"
    assert scheme == given.text("scheme")
    host, port = given.text("host"), given.number("port")
    match given.text("kind"):
        case "home":
            made = link.HomeLink(scheme, host, port, given.text("door"), given.text("home_id"))
        case "invitation":
            made = link.InvitationLink(scheme, host, port, given.text("door"), given.hex("L"))
        case "bare":
            made = link.LocalHome(scheme, host, port)
        case other:
            raise WireError(other)
    assert link.parse_link(str(made)) == made
    return {"link": str(made)}


OPERATIONS = {
    "cbor": _cbor,
    "body": _body,
    "body_known": _body_known,
    "request_unknown": _request_unknown,
    "push_unknown": _push_unknown,
    "link": _link,
    "link_format": _link_format,
}
