"""Make valid values of every type that has bytes of its own."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from hypothesis import strategies as st

import hamseda.wire
from hamseda.wire import (
    able,
    base64url,
    call,
    descriptor,
    document,
    invitation,
    line,
    link,
    mailbox,
    media,
    ratchet,
    relay,
)
from hamseda.wire.cbor import UINT_MOST
from hamseda.wire.codes import (
    BundleEnd,
    Bye,
    ControlKind,
    HangupReason,
    RefusedReason,
)
from hamseda.wire.status import Status


class Message(Protocol):
    """Be any value with bytes of its own."""

    def encode(self) -> bytes:
        """Return the bytes."""
        ...


Made: TypeAlias = st.SearchStrategy[Any]


def octets(size: int) -> Made:
    """Make bytes of one size; large ones from few choices, so that examples stay fast."""
    if size <= 64:
        return st.binary(min_size=size, max_size=size)
    return st.integers(0, 255).map(lambda byte: bytes((byte,)) * size)


uints = st.integers(0, UINT_MOST)
u32 = st.integers(0, 2**32 - 1)
q = st.integers(1, 2**32 - 1)
handles = st.integers(0, 7)
features = st.lists(uints, max_size=32).map(tuple)
ids = octets(16)
keys = octets(32)
signatures = octets(64)
kem_keys = octets(1216)
envelopes = st.sampled_from(mailbox.ENVELOPE_SIZES).flatmap(octets)
doors = st.text("ABZaz019_-", min_size=10, max_size=64)
hosts = st.sampled_from(
    ["home.example", "xn--mgba3a4f16a.example", "192.0.2.7", "2001:db8::7", "localhost"]
)
ports = st.integers(1, 65535)

endpoints = st.builds(
    descriptor.Endpoint,
    scheme=st.just("https"),
    host=hosts,
    port=ports,
    tls_name=st.sampled_from(["", "front.example"]),
    door=doors,
    web=st.booleans(),
)
descriptors = st.builds(
    descriptor.Descriptor,
    home_key=keys,
    line_key_hash=keys,
    endpoints=st.lists(endpoints, min_size=1, max_size=16).map(tuple),
    version=uints,
    expiry=uints,
)
signed_descriptors = st.builds(
    descriptor.SignedDescriptor, descriptors.map(lambda value: value.encode()), signatures
)
addresses = st.builds(mailbox.MailboxAddress, ids, keys, keys)
encoded_addresses = addresses.map(lambda value: value.encode())


def controls() -> Made:
    """Make control messages with exactly what their kind carries."""
    sizes = {ControlKind.RINGING: 16, ControlKind.ALIVE: 16, ControlKind.REVEAL: 32}

    def of(kind: ControlKind) -> Made:
        return st.builds(
            call.Control,
            seq=uints,
            kind=st.just(kind),
            value=octets(sizes[kind]) if kind in sizes else st.none(),
            reason=st.sampled_from(HangupReason) if kind is ControlKind.HANGUP else st.none(),
        )

    return st.sampled_from(ControlKind).flatmap(of)


EXAMPLES: Mapping[type[Any], Made] = MappingProxyType(
    {
        line.Hello: st.builds(
            line.Hello,
            now=uints,
            window=st.integers(1, 9999),
            idle=st.integers(1, 9999),
            features=features,
        ),
        line.Reply: st.builds(
            line.Reply, q, st.sampled_from(Status), st.none() | st.binary(max_size=96)
        ),
        able.Able: st.builds(able.Able, st.lists(uints, min_size=1, max_size=16).map(tuple)),
        line.Ping: st.builds(line.Ping, q),
        line.Byes: st.builds(line.Byes, st.sampled_from(Bye)),
        mailbox.MailboxAddress: addresses,
        mailbox.Create: st.builds(mailbox.Create, q, ids, keys, keys, st.none() | octets(52)),
        mailbox.Put: st.builds(mailbox.Put, q, ids, keys, ids, envelopes),
        mailbox.Subscribe: st.builds(mailbox.Subscribe, q, ids, signatures),
        mailbox.Ack: st.builds(
            mailbox.Ack, q, ids, st.lists(uints, min_size=1, max_size=64).map(tuple)
        ),
        mailbox.CloseMailbox: st.builds(mailbox.CloseMailbox, q, ids),
        mailbox.GetVoucher: st.builds(mailbox.GetVoucher, q, ids),
        mailbox.PutBundle: st.builds(
            mailbox.PutBundle, q, ids, ids, st.sampled_from([4112, 16400]).flatmap(octets), uints
        ),
        mailbox.DeleteBundle: st.builds(
            mailbox.DeleteBundle, q, ids, ids, st.sampled_from(BundleEnd)
        ),
        mailbox.Deliver: st.builds(mailbox.Deliver, ids, uints, uints, envelopes),
        mailbox.Replaced: st.builds(mailbox.Replaced, ids),
        relay.Grant: st.builds(
            relay.Grant,
            room=ids,
            h0=ids,
            h1=ids,
            exp=u32,
            owner=octets(8),
            packets_per_s=st.integers(0, 65535),
            kbit_per_s=st.integers(0, 65535),
            mac=keys,
        ),
        relay.GetGrant: st.builds(relay.GetGrant, q, ids, ids, ids, ids),
        relay.Join: st.builds(relay.Join, q, handles, octets(96), st.integers(0, 1), ids),
        relay.Leave: st.builds(relay.Leave, q, handles),
        relay.RoomPeer: st.builds(relay.RoomPeer, handles, st.booleans()),
        relay.RoomControl: st.builds(
            relay.RoomControl, handles, st.binary(max_size=300) | octets(4097)
        ),
        media.MediaMessage: st.builds(
            media.MediaMessage,
            handles,
            st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=5).map(tuple),
        ),
        descriptor.Descriptor: descriptors,
        descriptor.SignedDescriptor: signed_descriptors,
        descriptor.HomeDocument: st.builds(
            descriptor.HomeDocument,
            signed_descriptors.map(lambda value: value.encode()),
            kem_keys,
            features,
        ),
        document.GetDocument: st.builds(document.GetDocument, q, uints),
        document.DocumentReply: st.builds(
            document.DocumentReply,
            st.binary(max_size=300),
            st.just("") | doors,
            st.lists(keys, max_size=2).map(tuple),
            st.none() | keys,
        ),
        invitation.Bundle: st.builds(
            invitation.Bundle,
            home=signed_descriptors.map(lambda value: value.encode()),
            voucher=octets(52),
            mailbox=ids,
            cap=keys,
            outer=keys,
            kem_key=kem_keys,
            id_key=keys,
            expiry=uints,
            random=keys,
        ),
        invitation.AcceptBody: st.builds(
            invitation.AcceptBody, keys, keys, kem_keys, encoded_addresses
        ),
        invitation.Welcome: st.builds(invitation.Welcome, keys, encoded_addresses, signatures),
        invitation.Refused: st.builds(
            invitation.Refused, keys, st.sampled_from(RefusedReason), signatures
        ),
        ratchet.RatchetHeader: st.builds(
            ratchet.RatchetHeader, st.integers(1, 2**32 - 1), u32, u32, ids, octets(1168), kem_keys
        ),
        call.Signed: st.builds(call.Signed, st.binary(max_size=64), signatures),
        call.OfferBody: st.builds(
            call.OfferBody,
            call_id=ids,
            s_a=keys,
            commitment=keys,
            kem_key=kem_keys,
            modes=st.lists(uints, min_size=1, max_size=8).map(tuple),
            grant=octets(96),
            seat_secret=ids,
        ),
        call.AnswerBody: st.builds(call.AnswerBody, ids, octets(1168), keys, uints),
        call.CallRef: st.builds(call.CallRef, ids),
        call.Hangup: st.builds(call.Hangup, ids, st.sampled_from(HangupReason)),
        call.Control: controls(),
    }
)

LAYOUTS = (relay.Grant, media.MediaMessage, ratchet.RatchetHeader)
"""The types that are drawn in bytes; all others are CBOR maps."""

url_hosts = hosts.map(lambda host: f"[{host}]" if ":" in host else host)
LINKS: Made = st.one_of(
    st.builds(link.HomeLink, st.just("https"), url_hosts, ports, doors, keys.map(base64url.encode)),
    st.builds(link.InvitationLink, st.just("https"), url_hosts, ports, doors, keys),
    st.builds(link.LocalHome, st.just("http"), st.sampled_from(["localhost", "[::1]"]), ports),
)


def wire_modules() -> list[Any]:
    """Import every module of `hamseda.wire`."""
    names = [found.name for found in pkgutil.iter_modules(hamseda.wire.__path__)]
    return [import_module(f"hamseda.wire.{name}") for name in names]


def wire_types() -> list[type[Any]]:
    """Find every class of `hamseda.wire` that reads foreign bytes into itself."""
    return [
        kind
        for module in wire_modules()
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__
        and hasattr(kind, "parse_untrusted")
        and hasattr(kind, "encode")
    ]
