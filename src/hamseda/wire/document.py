"""Ask a home for its newest list of endpoints over the line, and write a list as text.

spec/lists.md: a list is an encoded `SignedDescriptor`; who gets one by whatever way checks the
home's signature, so it may pass through anybody's hands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from hamseda.errors import NewerReleaseError, WireError
from hamseda.wire import base64url
from hamseda.wire.cbor import Value, encode
from hamseda.wire.codes import RecordType
from hamseda.wire.descriptor import parse_signed_descriptor_untrusted
from hamseda.wire.fields import Fields
from hamseda.wire.host import DOOR_MOST, check_door_untrusted

CERTIFICATE_HASH_BYTES: Final = 32
PAGE_BYTES: Final = 32
LIST_BYTES_MOST: Final = 16_384
"""What 16 endpoints with the longest names need, and some."""
LIST_PREFIX: Final = "hamseda:endpoints:"


@dataclass(frozen=True, slots=True)
class GetDocument:
    """Ask for the home's document, where it is newer than the one that is here."""

    type: ClassVar[RecordType] = RecordType.DOCUMENT

    q: int
    version: int
    """Of the descriptor that the client has."""

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.q, 1: self.version})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "document")
        return cls(fields.request(), fields.uint(1))


@dataclass(frozen=True, slots=True)
class DocumentReply:
    """Be the data of the reply to `GetDocument`."""

    document: bytes = field(default=b"", repr=False)
    """An encoded `HomeDocument`; empty when the client's is as new."""
    door: str = field(default="", repr=False)
    """The home's own door; "" when TLS ends before the home."""
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    """SHA-256 (of the DER form) of what the home serves behind this door, newest first."""
    page: bytes | None = field(default=None, repr=False)
    """The build id of the page that the home serves, where it serves one."""

    def encode(self) -> bytes:
        """Encode all of it."""
        fields: dict[int, Value] = {
            0: self.document,
            1: self.door,
            2: b"".join(self.certificates),
        }
        if self.page is not None:
            fields[3] = self.page
        return encode(fields)

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode all of it; the document is for `hamseda.crypto.home_identity` to check."""
        fields = Fields.parse_untrusted(data, "document reply")
        document, door = fields.bytes(0), fields.text(1, DOOR_MOST)
        hashes = fields.bytes(2, (0, CERTIFICATE_HASH_BYTES, 2 * CERTIFICATE_HASH_BYTES))
        page = fields.optional_bytes(3, PAGE_BYTES)
        if door:
            check_door_untrusted(door)
        starts = range(0, len(hashes), CERTIFICATE_HASH_BYTES)
        certificates = tuple(hashes[start : start + CERTIFICATE_HASH_BYTES] for start in starts)
        return cls(document, door, certificates, page)


def format_list(signed: bytes) -> str:
    """Write a signed descriptor as one line of text, for a chat or a QR code."""
    return LIST_PREFIX + base64url.encode(signed)


def parse_list_untrusted(text: str) -> bytes:
    """Read the text of a list and give the signed descriptor, not verified yet.

    Chats and mail wrap long lines and put marks around them: what is neither letter nor sign of
    the text is dropped, because a changed list fails at its signature anyway.
    """
    if len(text) > 4 * LIST_BYTES_MOST:
        raise WireError("this is too long for a list of endpoints")
    kept = "".join(filter(_is_of_list, text))
    if not kept.startswith(LIST_PREFIX):
        raise WireError(
            "this is not a list of endpoints",
            next=f"copy the whole text, from {LIST_PREFIX} to its last letter",
        )
    try:
        signed = base64url.decode_untrusted(kept.removeprefix(LIST_PREFIX))
        parse_signed_descriptor_untrusted(signed)
    except NewerReleaseError:
        raise
    except WireError:
        raise WireError(
            "this list of endpoints is incomplete or was changed",
            next="ask for it again, sent another way",
        ) from None
    return signed


def _is_of_list(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "-_:")
