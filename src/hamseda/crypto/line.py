"""Agree on the keys of a line and protect its records (spec/line.md §1, §2)."""

from __future__ import annotations

from typing import NamedTuple

from hamseda.crypto import kem
from hamseda.crypto.aead import TAG_SIZE, gcm_open_untrusted, gcm_seal
from hamseda.crypto.kem import KemKeyPair
from hamseda.crypto.key_schedule import Label, Rng, h, kdf
from hamseda.crypto.padding import bucket, pad, unpad_untrusted
from hamseda.errors import UsageError, WireError

KIND_HANDSHAKE = b"\x01"
KIND_RECORD = b"\x02"
RECORD_SIZES = (256, 1024, 4352, 16_640, 65_792)
MAX_RECORDS = 2**32

SECRET_SIZE = 32
M1_SIZE = 1 + kem.SEAL_OVERHEAD + kem.PUBLIC_SIZE + SECRET_SIZE
_M2_SEALED_SIZE = 1 + kem.SEAL_OVERHEAD + SECRET_SIZE
M2_SIZE = _M2_SEALED_SIZE + RECORD_SIZES[0] + TAG_SIZE


class LineKeys(NamedTuple):
    """Hold the keys of a line's two directions and the line's public name."""

    client_to_home: bytes
    home_to_client: bytes
    line_id: bytes

    def __repr__(self) -> str:
        return "LineKeys(…)"


def line_keys(s1: bytes, s2: bytes, transcript: bytes) -> LineKeys:
    """Derive the keys of a line from both sides' secrets and `transcript`, the page's `th`."""
    keys = kdf(s1 + s2, transcript, Label.LINE, 96)
    return LineKeys(keys[:32], keys[32:64], keys[64:])


def seal_record(
    key: bytes, counter: int, record_type: int, body: bytes, sizes: tuple[int, ...] = RECORD_SIZES
) -> bytes:
    """Seal one record, without its kind byte, under a given counter. A line uses `Records`.

    It is padded to the smallest of `sizes` that fits; `UsageError` when none does.
    """
    plaintext = bytes([record_type]) + body
    padded = pad(plaintext, bucket(len(plaintext), sizes))
    return gcm_seal(key, counter.to_bytes(12, "big"), padded)


def open_record_untrusted(key: bytes, counter: int, record: bytes) -> tuple[int, bytes]:
    """Open one record, without its kind byte, into its type and body, or raise `WireError`."""
    if len(record) - TAG_SIZE not in RECORD_SIZES:
        raise WireError(f"bad message: no record has {len(record)} bytes")
    plaintext = unpad_untrusted(gcm_open_untrusted(key, counter.to_bytes(12, "big"), record))
    if not plaintext:
        raise WireError("bad message: a record without a type")
    return plaintext[0], plaintext[1:]


class Records:
    """Seal and open the records of one line, in order, each direction under its own key.

    Counters are implicit and private: no caller can repeat one.
    """

    __slots__ = ("_is_broken", "_opened", "_receive_key", "_send_key", "_sent", "line_id")

    def __init__(self, send_key: bytes, receive_key: bytes, line_id: bytes) -> None:
        self.line_id = line_id
        self._send_key = send_key
        self._receive_key = receive_key
        self._sent: int = 0
        self._opened: int = 0
        self._is_broken = False

    def seal(self, type: int, body: bytes) -> bytes:  # noqa: A002 (the spec's word)
        """Make the next WebSocket message, kind byte included.

        A body that fits no bucket raises `UsageError`, and so does the record after the
        last: a line ends before its nonces do.
        """
        return KIND_RECORD + self.seal_bare(type, body, RECORD_SIZES)

    def seal_bare(self, type: int, body: bytes, sizes: tuple[int, ...]) -> bytes:  # noqa: A002
        """Seal the next record without its kind byte, padded to one of `sizes`."""
        if self._sent >= MAX_RECORDS:
            raise UsageError("this line has sent all the records it may: open a new one")
        record = seal_record(self._send_key, self._sent, type, body, sizes)
        self._sent += 1
        return record

    def open_untrusted(self, message: bytes) -> tuple[int, bytes]:
        """Open the next WebSocket message of the peer into its type and body.

        After one `WireError` nothing opens any more: the line must be closed.
        """
        if message[:1] != KIND_RECORD:
            self._is_broken = True
            raise WireError("bad message: this is no record")
        return self.open_bare_untrusted(message[1:])

    def open_bare_untrusted(self, record: bytes) -> tuple[int, bytes]:
        """Open the next record when its kind byte is already off."""
        if self._is_broken or self._opened >= MAX_RECORDS:
            raise WireError("bad message: this line is over")
        # Set first, so that whatever goes wrong leaves the line broken.
        self._is_broken = True
        opened = open_record_untrusted(self._receive_key, self._opened, record)
        self._opened += 1
        self._is_broken = False
        return opened


class ClientHandshake:
    """Hold the client's half of a handshake between m1 and m2; use it once."""

    __slots__ = ("_ephemeral", "_line_key", "_s1", "m1")

    def __init__(self, m1: bytes, line_key: bytes, ephemeral: KemKeyPair, s1: bytes) -> None:
        self.m1 = m1
        self._line_key = line_key
        self._ephemeral: KemKeyPair | None = ephemeral
        self._s1 = s1

    def finish_untrusted(self, m2: bytes) -> tuple[Records, int, bytes]:
        """Check the home's answer; give the records and the type and body of its hello.

        Only who has the home's private line key can make an m2 that passes; anything else
        raises `WireError`. The ephemeral key is forgotten either way.
        """
        ephemeral, self._ephemeral = self._ephemeral, None
        if ephemeral is None:
            raise UsageError("a handshake can be finished once")
        if len(m2) != M2_SIZE or m2[:1] != KIND_HANDSHAKE:
            raise WireError("bad message: this is no answer to a handshake")
        sealed_part, rec0 = m2[:_M2_SEALED_SIZE], m2[_M2_SEALED_SIZE:]
        ctx = h(self.m1, self._line_key)
        s2 = kem.open_untrusted(ephemeral, sealed_part[1:], Label.LINE_M2, ctx)
        keys = line_keys(self._s1, s2, h(self._line_key, self.m1, sealed_part))
        self._s1 = b""
        records = Records(keys.client_to_home, keys.home_to_client, keys.line_id)
        hello_type, hello_body = records.open_bare_untrusted(rec0)
        return records, hello_type, hello_body


def client_start(line_key: bytes, rng: Rng) -> ClientHandshake:
    """Begin a line to the home that has this public line key."""
    ephemeral = kem.key_pair(rng(kem.SEED_SIZE))
    s1 = rng(SECRET_SIZE)
    sealed = kem.seal(line_key, ephemeral.public + s1, Label.LINE_M1, h(line_key))
    return ClientHandshake(KIND_HANDSHAKE + sealed, line_key, ephemeral, s1)


def home_respond_untrusted(
    pair: KemKeyPair, m1: bytes, hello_type: int, hello_body: bytes, rng: Rng
) -> tuple[bytes, Records]:
    """Answer a client's m1 with m2, or raise `WireError`; the home keeps nothing else of it."""
    ephemeral_public, s1 = open_m1_untrusted(pair, m1)
    s2 = rng(SECRET_SIZE)
    sealed = kem.seal(ephemeral_public, s2, Label.LINE_M2, h(m1, pair.public))
    sealed_part = KIND_HANDSHAKE + sealed
    keys = line_keys(s1, s2, h(pair.public, m1, sealed_part))
    records = Records(keys.home_to_client, keys.client_to_home, keys.line_id)
    # The hello always takes the smallest bucket: m2 has one size.
    rec0 = records.seal_bare(hello_type, hello_body, RECORD_SIZES[:1])
    return sealed_part + rec0, records


def open_m1_untrusted(pair: KemKeyPair, m1: bytes) -> tuple[bytes, bytes]:
    """Open a client's m1 into its ephemeral public key and s1, or raise `WireError`."""
    if len(m1) != M1_SIZE or m1[:1] != KIND_HANDSHAKE:
        raise WireError("bad message: this is no handshake")
    opened = kem.open_untrusted(pair, m1[1:], Label.LINE_M1, h(pair.public))
    ephemeral_public, s1 = opened[: kem.PUBLIC_SIZE], opened[kem.PUBLIC_SIZE :]
    kem.check_public_untrusted(ephemeral_public)
    return ephemeral_public, s1
