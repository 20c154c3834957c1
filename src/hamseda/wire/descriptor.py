"""Hold what a home says of itself: its keys and the ways to reach it (spec/invitation.md §1).

Signatures cover the bytes as they were received: `SignedDescriptor.body` and
`HomeDocument.signed` keep them, nothing is encoded again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Self

from hamseda.errors import NewerReleaseError, WireError
from hamseda.wire.cbor import Value, encode
from hamseda.wire.codes import FEATURES_MOST
from hamseda.wire.fields import Fields
from hamseda.wire.host import (
    DOOR_MOST,
    HOST_MOST,
    bracketed,
    check_door_untrusted,
    check_host_untrusted,
    is_loopback,
)

ENDPOINTS_MOST = 16
SCHEME_MOST = 16
LINE_KEY_BYTES = 1216


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Name one way to reach a home."""

    scheme: Literal["https", "http"]
    host: str = field(repr=False)
    """A name or an IP address, IPv6 without brackets."""
    port: int
    tls_name: str = field(repr=False)
    """The name to show in TLS; "" is the host."""
    door: str = field(repr=False)
    web: bool
    """Usable from a page: a browser can be told neither another TLS name nor another key."""

    def url(self, family: str, path: str) -> str:
        """Write an address below the door; `family` is "http" or "ws", without the s of TLS."""
        scheme = family + ("s" if self.scheme == "https" else "")
        return f"{scheme}://{bracketed(self.host)}:{self.port}/{self.door}{path}"

    def value(self) -> Value:
        """Return the map that stands in a descriptor."""
        return {
            0: self.scheme,
            1: self.host,
            2: self.port,
            3: self.tls_name,
            4: self.door,
            5: self.web,
        }

    @classmethod
    def take_untrusted(cls, fields: Fields) -> Self | None:
        """Read the map that stands in a descriptor; None is a way of a later release."""
        scheme = fields.text(0, SCHEME_MOST)
        if scheme not in ("https", "http"):
            return None
        value = cls(
            scheme=scheme,
            host=fields.text(1, HOST_MOST),
            port=fields.uint(2, 1, 65535),
            tls_name=fields.text(3, HOST_MOST),
            door=fields.text(4, DOOR_MOST),
            web=fields.bool(5),
        )
        check_host_untrusted(value.host)
        check_door_untrusted(value.door)
        if value.tls_name:
            check_host_untrusted(value.tls_name)
        if value.scheme == "http" and not is_loopback(value.host):
            raise WireError("an endpoint without TLS may only be this machine")
        return value


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Bind a home's line key and endpoints to its identity."""

    home_key: bytes = field(repr=False)
    line_key_hash: bytes = field(repr=False)
    """SHA-256 of the line public key."""
    endpoints: tuple[Endpoint, ...] = field(repr=False)
    """Those that this release knows how to reach, at least one."""
    version: int
    expiry: int
    """Unix seconds."""

    def encode(self) -> bytes:
        """Encode the descriptor."""
        endpoints = [endpoint.value() for endpoint in self.endpoints]
        return encode(
            {
                0: 1,
                1: self.home_key,
                2: self.line_key_hash,
                3: endpoints,
                4: self.version,
                5: self.expiry,
            }
        )

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode a descriptor; its signature is for `hamseda.crypto.home_identity` to check."""
        fields = Fields.parse_untrusted(data, "descriptor")
        fields.version("this home")
        named = [Endpoint.take_untrusted(each) for each in fields.maps(3, ENDPOINTS_MOST)]
        known = tuple(each for each in named if each is not None)
        if not known:
            raise NewerReleaseError("every way to this home")
        return cls(
            home_key=fields.bytes(1, 32),
            line_key_hash=fields.bytes(2, 32),
            endpoints=known,
            version=fields.uint(4),
            expiry=fields.uint(5),
        )


@dataclass(frozen=True, slots=True)
class SignedDescriptor:
    """Carry a descriptor's bytes and the home's signature over them."""

    body: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode both."""
        return encode({0: self.body, 1: self.signature})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode both; the body must be a descriptor, and stays bytes."""
        fields = Fields.parse_untrusted(data, "signed descriptor")
        value = cls(fields.bytes(0), fields.bytes(1, 64))
        Descriptor.parse_untrusted(value.body)
        return value


@dataclass(frozen=True, slots=True)
class HomeDocument:
    """Carry what a home answers to `GET /<door>/home`."""

    signed: bytes = field(repr=False)
    """An encoded `SignedDescriptor`."""
    line_key: bytes = field(repr=False)
    features: tuple[int, ...] = ()
    """What the home's `hello` says, for who has no line yet: a hint, the line's word counts."""

    def encode(self) -> bytes:
        """Encode all of it."""
        body: dict[int, Value] = {0: self.signed, 1: self.line_key}
        return encode(body | {2: self.features} if self.features else body)

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode all of it; neither signature nor key hash is checked here."""
        fields = Fields.parse_untrusted(data, "home document")
        value = cls(
            fields.bytes(0),
            fields.bytes(1, LINE_KEY_BYTES),
            fields.optional_uints(2, FEATURES_MOST),
        )
        SignedDescriptor.parse_untrusted(value.signed)
        return value


parse_descriptor_untrusted = Descriptor.parse_untrusted
parse_signed_descriptor_untrusted = SignedDescriptor.parse_untrusted
parse_home_document_untrusted = HomeDocument.parse_untrusted
