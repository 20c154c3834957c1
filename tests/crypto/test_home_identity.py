"""Hold home_identity.py against spec/invitation.md §1."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.home_identity import (
    home_id,
    line_key_hash,
    sign_descriptor,
    verify_home_document_untrusted,
    verify_signed_descriptor_untrusted,
)
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import WireError
from hamseda.wire.descriptor import Descriptor, Endpoint, HomeDocument, SignedDescriptor

HOME = SigningKey(b"H" * 32)
LINE_KEY = b"l" * 1216
ENDPOINT = Endpoint("https", "home.example", 443, "", "d" * 12, web=True)
DESCRIPTOR = Descriptor(HOME.public, line_key_hash(LINE_KEY), (ENDPOINT,), 1, 2_000_000_000)
SIGNED = sign_descriptor(HOME, DESCRIPTOR.encode())


def test_a_home_is_recognised_by_the_id_of_its_link() -> None:
    """The link is the only thing that a new guest has to trust."""
    document = HomeDocument(SIGNED, LINE_KEY).encode()
    home = verify_home_document_untrusted(document, home_id(HOME.public))
    assert home.descriptor == DESCRIPTOR
    assert (home.signed, home.line_key) == (SIGNED, LINE_KEY)
    assert len(home_id(HOME.public)) == 43


def test_another_home_in_its_place_is_refused() -> None:
    """An interceptor at first contact would else be the home for good."""
    impostor = SigningKey(b"I" * 32)
    descriptor = replace(DESCRIPTOR, home_key=impostor.public)
    document = HomeDocument(sign_descriptor(impostor, descriptor.encode()), LINE_KEY).encode()
    with pytest.raises(WireError, match="another home"):
        verify_home_document_untrusted(document, home_id(HOME.public))


def test_an_altered_descriptor_is_refused() -> None:
    """Endpoints are where the user's address goes: only the home may name them."""
    evil = replace(ENDPOINT, host="evil.example")
    body = replace(DESCRIPTOR, endpoints=(evil,)).encode()
    signature = SignedDescriptor.parse_untrusted(SIGNED).signature
    for signed in (
        SignedDescriptor(body, signature).encode(),
        sign_descriptor(SigningKey(b"I" * 32), DESCRIPTOR.encode()),
    ):
        with pytest.raises(WireError):
            verify_home_document_untrusted(
                HomeDocument(signed, LINE_KEY).encode(), home_id(HOME.public)
            )


def test_another_line_key_is_refused() -> None:
    """The line key is what keeps a broken TLS from mattering."""
    document = HomeDocument(SIGNED, b"e" * 1216).encode()
    with pytest.raises(WireError, match="line key"):
        verify_home_document_untrusted(document, home_id(HOME.public))


def test_a_descriptor_in_a_bundle_needs_no_id_but_a_signature() -> None:
    """There the hash in the link vouches for it, and the signature for its own key."""
    assert verify_signed_descriptor_untrusted(SIGNED, None) == DESCRIPTOR
    forged = sign_descriptor(SigningKey(b"I" * 32), DESCRIPTOR.encode())
    with pytest.raises(WireError):
        verify_signed_descriptor_untrusted(forged, None)


@given(st.binary(max_size=200), st.text(max_size=50))
def test_noise_raises_the_one_error(noise: bytes, expected: str) -> None:
    """Any web server may stand where a home was, and answer anything."""
    with pytest.raises(WireError):
        verify_home_document_untrusted(noise, expected)
    with pytest.raises(WireError):
        verify_home_document_untrusted(HomeDocument(SIGNED, LINE_KEY).encode(), expected)
