"""Seal datagrams as Mumble does: OCB2 with AES-128, a byte of the nonce, three bytes of tag.

OCB2 is broken for forgeries; Mumble's server speaks nothing else. It guards nothing of ours.
"""

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK: Final = 16
_HEAD: Final = 4
_TOP: Final = 1 << 127
_ALL: Final = (1 << 128) - 1


class Seal:
    """Be the state of one side of a connection."""

    def __init__(self, key: bytes, sends: bytes, receives: bytes) -> None:
        cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - what OCB is made of
        self._encrypt = cipher.encryptor()
        self._decrypt = cipher.decryptor()
        # The nonces count upwards from their first byte.
        self._sends = int.from_bytes(sends, "little")
        self._receives = int.from_bytes(receives, "little")

    def seal(self, plain: bytes) -> bytes:
        """Seal one datagram."""
        self._sends = (self._sends + 1) & _ALL
        nonce = self._sends.to_bytes(BLOCK, "little")
        sealed, tag = self.seal_with(plain, nonce)
        return nonce[:1] + tag[:3] + sealed

    def open(self, datagram: bytes) -> bytes | None:
        """Open one datagram; None: it was altered, or is far out of order."""
        if len(datagram) < _HEAD:
            return None
        ahead = (datagram[0] - self._receives + 128) % 256 - 128
        number = (self._receives + ahead) & _ALL
        plain, tag = self._open(datagram[_HEAD:], number.to_bytes(BLOCK, "little"))
        if tag[:3] != datagram[1:_HEAD]:
            return None
        if ahead > 0:
            self._receives = number
        return plain

    def seal_with(self, plain: bytes, nonce: bytes) -> tuple[bytes, bytes]:
        """Seal with a nonce; give the ciphertext and the whole tag."""
        delta, check, sealed = self._aes(_number(nonce)), 0, b""
        at = 0
        while len(plain) - at > BLOCK:
            delta = _double(delta)
            block = _number(plain[at : at + BLOCK])
            sealed += _bytes(self._aes(block ^ delta) ^ delta)
            check ^= block
            at += BLOCK
        delta = _double(delta)
        pad, rest = self._pad(delta, len(plain) - at), plain[at:]
        last = rest + _bytes(pad)[len(rest) :]
        check ^= _number(last)
        sealed += _bytes(_number(last) ^ pad)[: len(rest)]
        return sealed, _bytes(self._aes(_double(delta) ^ delta ^ check))

    def _open(self, sealed: bytes, nonce: bytes) -> tuple[bytes, bytes]:
        delta, check, plain = self._aes(_number(nonce)), 0, b""
        at = 0
        while len(sealed) - at > BLOCK:
            delta = _double(delta)
            block = _number(self._decrypt.update(_bytes(_number(sealed[at : at + BLOCK]) ^ delta)))
            block ^= delta
            plain += _bytes(block)
            check ^= block
            at += BLOCK
        delta = _double(delta)
        pad, rest = self._pad(delta, len(sealed) - at), sealed[at:]
        last = _number(rest + bytes(BLOCK - len(rest))) ^ pad
        check ^= last
        plain += _bytes(last)[: len(rest)]
        return plain, _bytes(self._aes(_double(delta) ^ delta ^ check))

    def _pad(self, delta: int, size: int) -> int:
        return self._aes(delta ^ (size * 8))

    def _aes(self, block: int) -> int:
        return _number(self._encrypt.update(_bytes(block)))


def _double(number: int) -> int:
    """Double in GF(2^128)."""
    return ((number << 1) & _ALL) ^ (0x87 if number & _TOP else 0)


def _number(block: bytes) -> int:
    return int.from_bytes(block, "big")


def _bytes(number: int) -> bytes:
    return number.to_bytes(BLOCK, "big")
