"""Hold what one side of a contact channel remembers, and write it down (spec/ratchet.md)."""

from __future__ import annotations

from dataclasses import dataclass, field

from hamseda.crypto.kem import KemKeyPair
from hamseda.errors import WireError
from hamseda.wire import cbor

SKIPPED_MOST = 2000
_FORMAT = 1
_SKIPPED_SIZE = 4 + 4 + 8 + 32
_STATE_MOST = SKIPPED_MOST * _SKIPPED_SIZE + 8192


@dataclass(frozen=True, slots=True)
class SendingTurn:
    """Hold the own turn that is under way."""

    turn: int
    chain_key: bytes = field(repr=False)
    number: int
    """N of the next message."""
    ct: bytes = field(repr=False)
    kem_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReceivingTurn:
    """Hold the peer's turn that is under way."""

    turn: int
    chain_key: bytes = field(repr=False)
    number: int
    """N of the first message that was neither opened nor skipped."""


@dataclass(frozen=True, slots=True)
class SkippedKey:
    """Hold the key of a message that has not come yet."""

    turn: int
    number: int
    message_key: bytes = field(repr=False)
    since: int
    """When it was skipped, in Unix seconds."""


@dataclass(frozen=True, slots=True)
class RatchetState:
    """Hold one side of a contact channel. Every step makes a new one; none changes.

    `kem_seed` is the private key of the own last turn until the peer used it, `peer_key` the
    public key of the peer's last turn until the own next turn used it; empty otherwise.
    """

    sid: bytes = field(repr=False)
    my_id: bytes = field(repr=False)
    peer_id: bytes = field(repr=False)
    root: bytes = field(repr=False)
    kem_seed: bytes = field(default=b"", repr=False)
    peer_key: bytes = field(default=b"", repr=False)
    previous: int = 0
    sending: SendingTurn | None = None
    receiving: ReceivingTurn | None = None
    skipped: tuple[SkippedKey, ...] = ()

    @property
    def own_turn(self) -> int:
        """Give the number of the own last turn, 0 before any."""
        return self.sending.turn if self.sending else 0

    @property
    def peer_turn(self) -> int:
        """Give the number of the peer's last turn, 0 before any."""
        return self.receiving.turn if self.receiving else 0

    def encode(self) -> bytes:
        """Write the state down for storage. The bytes are as secret as the keys in them."""
        sending, receiving = self.sending, self.receiving
        return cbor.encode(
            {
                0: _FORMAT,
                1: self.sid,
                2: self.my_id,
                3: self.peer_id,
                4: self.root,
                5: self.kem_seed,
                6: self.peer_key,
                7: self.previous,
                8: [
                    sending.turn,
                    sending.chain_key,
                    sending.number,
                    sending.ct,
                    sending.kem_key,
                ]
                if sending
                else [],
                9: [receiving.turn, receiving.chain_key, receiving.number] if receiving else [],
                10: b"".join(_encode_skipped(key) for key in self.skipped),
            }
        )


def initiator_state(
    sid: bytes, root0: bytes, my_id: bytes, peer_id: bytes, peer_kem_key: bytes
) -> RatchetState:
    """Begin the inviter's side, whose turn 1 goes to the key of the accept."""
    return RatchetState(sid, my_id, peer_id, root0, peer_key=peer_kem_key)


def responder_state(
    sid: bytes, root0: bytes, my_id: bytes, peer_id: bytes, pair: KemKeyPair
) -> RatchetState:
    """Begin the other side, which waits for turn 1."""
    return RatchetState(sid, my_id, peer_id, root0, kem_seed=pair.seed)


def decode_state(data: bytes) -> RatchetState:
    """Read a stored state back; damaged bytes raise `WireError`."""
    match cbor.decode_untrusted(data, limit=_STATE_MOST):
        case {
            0: 1,
            1: bytes(sid),
            2: bytes(my_id),
            3: bytes(peer_id),
            4: bytes(root),
            5: bytes(kem_seed),
            6: bytes(peer_key),
            7: int(previous),
            8: [*sending],
            9: [*receiving],
            10: bytes(skipped),
        }:
            return RatchetState(
                sid,
                my_id,
                peer_id,
                root,
                kem_seed,
                peer_key,
                previous,
                _decode_sending(sending),
                _decode_receiving(receiving),
                _decode_skipped(skipped),
            )
        case _:
            raise _damaged()


def _decode_sending(value: object) -> SendingTurn | None:
    match value:
        case []:
            return None
        case [int(turn), bytes(chain_key), int(number), bytes(ct), bytes(kem_key)]:
            return SendingTurn(turn, chain_key, number, ct, kem_key)
        case _:
            raise _damaged()


def _decode_receiving(value: object) -> ReceivingTurn | None:
    match value:
        case []:
            return None
        case [int(turn), bytes(chain_key), int(number)]:
            return ReceivingTurn(turn, chain_key, number)
        case _:
            raise _damaged()


def _encode_skipped(key: SkippedKey) -> bytes:
    numbers = key.turn.to_bytes(4, "big") + key.number.to_bytes(4, "big")
    return numbers + key.since.to_bytes(8, "big") + key.message_key


def _decode_skipped(data: bytes) -> tuple[SkippedKey, ...]:
    if len(data) % _SKIPPED_SIZE:
        raise _damaged()
    entries = (data[i : i + _SKIPPED_SIZE] for i in range(0, len(data), _SKIPPED_SIZE))
    return tuple(
        SkippedKey(
            int.from_bytes(entry[:4], "big"),
            int.from_bytes(entry[4:8], "big"),
            entry[16:],
            int.from_bytes(entry[8:16], "big"),
        )
        for entry in entries
    )


def _damaged() -> WireError:
    return WireError("the stored state of a contact is damaged")
