"""Compute what both people compare aloud (spec/call.md §3)."""

from __future__ import annotations

from hamseda.crypto.emoji import EMOJI, Emoji
from hamseda.crypto.key_schedule import Label, kdf

__all__ = ["EMOJI", "SAS_LENGTH", "Emoji", "sas_bytes", "sas_emoji", "sas_indices"]

SAS_LENGTH = 5
_BITS = 6


def sas_bytes(n_a: bytes, n_b: bytes, transcript: bytes, context: bytes) -> bytes:
    """Derive 4 bytes, of which the first 30 bits are compared.

    `context` is h(sid, id_caller, id_callee): people with other identities see other signs.
    """
    return kdf(n_a + n_b, transcript, Label.SAS, 4, context)


def sas_indices(n_a: bytes, n_b: bytes, transcript: bytes, context: bytes) -> tuple[int, ...]:
    """Give five numbers below 64, most significant bits first."""
    value = int.from_bytes(sas_bytes(n_a, n_b, transcript, context), "big")
    shifts = range(32 - _BITS, 32 - _BITS * (SAS_LENGTH + 1), -_BITS)
    return tuple(value >> shift & 63 for shift in shifts)


def sas_emoji(n_a: bytes, n_b: bytes, transcript: bytes, context: bytes) -> tuple[Emoji, ...]:
    """Give the five signs to show, in the order in which they are read."""
    return tuple(EMOJI[index] for index in sas_indices(n_a, n_b, transcript, context))
