"""Answer a client that asks over its line for this home's newest list (spec/lists.md §2)."""

from functools import lru_cache

from hamseda.serve.home import Home
from hamseda.wire.descriptor import (
    Descriptor,
    parse_descriptor_untrusted,
    parse_home_document_untrusted,
    parse_signed_descriptor_untrusted,
)
from hamseda.wire.document import DocumentReply, GetDocument


def document_reply(home: Home, request: GetDocument) -> bytes:
    """Return the home's document where it is newer, and what TLS shows where it ends here."""
    document, door = home.identity.document, home.keys.door
    descriptor = _descriptor(document)
    is_newer = descriptor.version > request.version
    certificates = () if home.tls is None else home.tls.hashes
    # A door that no endpoint names stays untold: such a home is reached through others alone.
    if not certificates or all(end.door != door for end in descriptor.endpoints):
        certificates, door = (), ""
    newer = document if is_newer else b""
    return DocumentReply(newer, door, certificates, home.page_build).encode()


@lru_cache(maxsize=1)
def _descriptor(document: bytes) -> Descriptor:
    signed = parse_home_document_untrusted(document).signed
    return parse_descriptor_untrusted(parse_signed_descriptor_untrusted(signed).body)
