"""Answer a client that asks over its line for this home's newest list (spec/lists.md §2)."""

from hamseda.serve.home import Home
from hamseda.wire.document import DocumentReply, GetDocument


def document_reply(home: Home, request: GetDocument) -> bytes:
    """Return the home's document where it is newer, and what TLS shows where it ends here."""
    shown, door = home.identity, home.keys.door
    certificates = () if home.tls is None else home.tls.hashes
    # A door that no endpoint names stays untold: such a home is reached through others alone.
    if not certificates or all(end.door != door for end in shown.descriptor.endpoints):
        certificates, door = (), ""
    newer = shown.document if shown.descriptor.version > request.version else b""
    build = None if home.page is None else home.page.build
    return DocumentReply(newer, door, certificates, build).encode()
