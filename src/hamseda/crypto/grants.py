"""Mint and check what a home lets people do without keeping a list (spec/relay.md §1, mailbox §1).

A grant opens a room, a voucher creates one mailbox. Both carry an HMAC under the home's relay
key, so that a restarted home still knows its own.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, replace

from hamseda.crypto.key_schedule import Label, Rng
from hamseda.errors import WireError
from hamseda.wire.relay import Grant, parse_grant_untrusted

SEAT_HASH_SIZE = 16
OWNER_SIZE = 8
VOUCHER_SIZE = 52
_MAC_SIZE = 32
_EXPIRY_SIZE = 4


class ExpiredError(WireError):
    """A grant or voucher is genuine, and its time is over."""


@dataclass(frozen=True, slots=True)
class Voucher:
    """Permit the creation of one mailbox until `exp` (Unix seconds of the home)."""

    exp: int
    random: bytes = field(repr=False)


def seat_hash(secret: bytes) -> bytes:
    """Give what a grant says of a seat's secret."""
    return hashlib.sha256(secret).digest()[:SEAT_HASH_SIZE]


def check_seat_untrusted(grant: Grant, seat: int, secret: bytes) -> None:
    """Raise `WireError` unless this secret opens this seat; takes the same time either way."""
    wanted = grant.h1 if seat else grant.h0
    if not hmac.compare_digest(seat_hash(secret), wanted):
        raise WireError("bad message: this secret does not open the seat")


def owner_tag(relay_key: bytes, mailbox: bytes) -> bytes:
    """Name the owner of a room to the relay without naming the mailbox."""
    return _mac(relay_key, Label.OWNER, mailbox)[:OWNER_SIZE]


def mint_grant(
    relay_key: bytes,
    *,
    room: bytes,
    h0: bytes,
    h1: bytes,
    exp: int,
    owner: bytes,
    packets_per_s: int,
    kbit_per_s: int,
) -> bytes:
    """Write a grant of 96 bytes for one room until `exp` (Unix seconds of the home)."""
    unsigned = Grant(
        room=room,
        h0=h0,
        h1=h1,
        exp=exp,
        owner=owner,
        packets_per_s=packets_per_s,
        kbit_per_s=kbit_per_s,
        mac=bytes(_MAC_SIZE),
    )
    return replace(unsigned, mac=_mac(relay_key, Label.GRANT, unsigned.signed_part)).encode()


def verify_grant_untrusted(relay_key: bytes, grant: bytes, now: int) -> Grant:
    """Give a grant of this home that is still valid; `ExpiredError` or `WireError` otherwise."""
    parsed = parse_grant_untrusted(grant)
    if not hmac.compare_digest(_mac(relay_key, Label.GRANT, parsed.signed_part), parsed.mac):
        raise WireError("bad message: no grant of this home")
    if now > parsed.exp:
        raise ExpiredError("this grant has expired")
    return parsed


def mint_voucher(relay_key: bytes, exp: int, rng: Rng) -> bytes:
    """Write a voucher of 52 bytes, valid until `exp` (Unix seconds of the home)."""
    signed = exp.to_bytes(_EXPIRY_SIZE, "big") + rng(VOUCHER_SIZE - _EXPIRY_SIZE - _MAC_SIZE)
    return signed + _mac(relay_key, Label.VOUCHER, signed)


def verify_voucher_untrusted(relay_key: bytes, voucher: bytes, now: int) -> Voucher:
    """Give a voucher of this home that is still valid; `ExpiredError` or `WireError` otherwise.

    Whether it was spent already is for the store to say.
    """
    if len(voucher) != VOUCHER_SIZE:
        raise WireError(f"bad message: a voucher has {VOUCHER_SIZE} bytes, not {len(voucher)}")
    signed, mac = voucher[:-_MAC_SIZE], voucher[-_MAC_SIZE:]
    if not hmac.compare_digest(_mac(relay_key, Label.VOUCHER, signed), mac):
        raise WireError("bad message: no voucher of this home")
    exp = int.from_bytes(signed[:_EXPIRY_SIZE], "big")
    if now > exp:
        raise ExpiredError("this voucher has expired")
    return Voucher(exp, signed[_EXPIRY_SIZE:])


def _mac(relay_key: bytes, label: Label, data: bytes) -> bytes:
    return hmac.digest(relay_key, label.encode() + b"\x00" + data, "sha256")
