"""Hold envelope.py against spec/mailbox.md §2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.envelope import ENVELOPE_SIZES, open_envelope_untrusted, seal_envelope
from hamseda.errors import UsageError, WireError

OUTER, MAILBOX, SALT = bytes(32), bytes(16), bytes(range(32))


@pytest.mark.parametrize(
    ("length", "size"),
    [(0, 4096), (4047, 4096), (4048, 16_384), (16_335, 16_384), (16_336, 65_536), (65_487, 65_536)],
)
def test_an_envelope_has_the_smallest_of_three_sizes(length: int, size: int) -> None:
    """The home learns one of three sizes and nothing finer."""
    envelope = seal_envelope(OUTER, MAILBOX, b"\x80" * length, SALT)
    assert len(envelope) == size
    assert open_envelope_untrusted(OUTER, MAILBOX, envelope) == b"\x80" * length


def test_a_message_that_fits_nowhere_is_refused_before_it_is_sent() -> None:
    """A home would refuse it; better to say so here."""
    with pytest.raises(UsageError):
        seal_envelope(OUTER, MAILBOX, bytes(65_488), SALT)
    with pytest.raises(ValueError, match="salt"):
        seal_envelope(OUTER, MAILBOX, b"", bytes(31))


def test_an_envelope_opens_in_its_mailbox_only() -> None:
    """A home that moves envelopes between mailboxes must gain nothing."""
    envelope = seal_envelope(OUTER, MAILBOX, b"hello", SALT)
    for outer, mailbox in ((OUTER, bytes(15) + b"\1"), (bytes(31) + b"\1", MAILBOX)):
        with pytest.raises(WireError):
            open_envelope_untrusted(outer, mailbox, envelope)


@given(st.one_of(st.binary(max_size=100), st.sampled_from(ENVELOPE_SIZES).map(bytes)))
def test_noise_raises_the_one_error(noise: bytes) -> None:
    """One poisoned envelope must not stop the client that drains the mailbox."""
    with pytest.raises(WireError):
        open_envelope_untrusted(OUTER, MAILBOX, noise)
