"""Compute the single steps of the contact channel (spec/ratchet.md §1, §2).

These functions hold no state: `hamseda.crypto.ratchet` decides when each may be taken.
"""

from __future__ import annotations

from hamseda.crypto import kem
from hamseda.crypto.aead import (
    KEY_AND_NONCE_SIZE,
    gcm_open_untrusted,
    gcm_seal,
    split_key_and_nonce,
)
from hamseda.crypto.kem import KemKeyPair
from hamseda.crypto.key_schedule import Label, h, kdf
from hamseda.errors import WireError
from hamseda.wire.ratchet import RatchetHeader, split_message_untrusted

KEY_SIZE = 32


def seal_turn_seed(peer_key: bytes, seed: bytes, sid: bytes, turn: int, own_key: bytes) -> bytes:
    """Encapsulate the seed of a new turn to the peer's last key."""
    return kem.seal(peer_key, seed, Label.TURN, h(sid, turn, own_key))


def open_turn_seed_untrusted(
    pair: KemKeyPair, ct: bytes, sid: bytes, turn: int, peer_key: bytes
) -> bytes:
    """Open the seed of the peer's new turn with the key of the own last one."""
    seed = kem.open_untrusted(pair, ct, Label.TURN, h(sid, turn, peer_key))
    if len(seed) != KEY_SIZE:
        raise WireError(f"bad message: a seed has {KEY_SIZE} bytes, not {len(seed)}")
    return seed


def step_root(root: bytes, seed: bytes, ct: bytes, own_key: bytes) -> tuple[bytes, bytes]:
    """Mix a turn's seed into the root; give the new root and the turn's chain key."""
    keys = kdf(seed, root, Label.STEP, 2 * KEY_SIZE, h(ct, own_key))
    return keys[:KEY_SIZE], keys[KEY_SIZE:]


def step_chain(chain_key: bytes) -> tuple[bytes, bytes]:
    """Give the next message key of a turn and the chain key after it."""
    message_key = kdf(chain_key, b"", Label.MESSAGE_KEY, KEY_SIZE)
    return message_key, kdf(chain_key, b"", Label.CHAIN_KEY, KEY_SIZE)


def seal_message(message_key: bytes, direction: bytes, header: RatchetHeader, body: bytes) -> bytes:
    """Seal one body. `direction` is h(sid, sender, receiver)."""
    header_bytes = header.encode()
    key, nonce = _key_and_nonce(message_key, header.salt)
    return header_bytes + gcm_seal(key, nonce, body, direction + header_bytes)


def open_message_untrusted(message_key: bytes, direction: bytes, message: bytes) -> bytes:
    """Open one message into its body, or raise `WireError`."""
    header, header_bytes, ciphertext = split_message_untrusted(message)
    key, nonce = _key_and_nonce(message_key, header.salt)
    return gcm_open_untrusted(key, nonce, ciphertext, direction + header_bytes)


def _key_and_nonce(message_key: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """Salt the message key, so that a restored backup repeats neither key nor nonce."""
    return split_key_and_nonce(kdf(message_key, salt, Label.MESSAGE, KEY_AND_NONCE_SIZE))
