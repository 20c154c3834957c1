"""Take numbers and vectors from foreign bytes, front to back."""

from hamseda.errors import WireError


class Reader:
    """Be a place in foreign bytes. Every method raises `WireError` where they are too short."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    @property
    def left(self) -> int:
        """Count the bytes that are not taken yet."""
        return len(self.data) - self.at

    def take(self, size: int) -> bytes:
        """Take so many bytes."""
        end = self.at + size
        if end > len(self.data):
            raise WireError(f"{size} bytes wanted, {self.left} there")
        taken, self.at = self.data[self.at : end], end
        return taken

    def number(self, size: int) -> int:
        """Take a big-endian number of so many bytes."""
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """Take bytes after their own length, which is a number of so many bytes."""
        return self.take(self.number(size))

    def varint(self) -> int:
        """Take a number as QUIC writes it (RFC 9000 §16)."""
        first = self.number(1)
        more = self.take((1 << (first >> 6)) - 1)
        return int.from_bytes(bytes([first & 0x3F]) + more, "big")

    def rest(self) -> bytes:
        """Take what is left."""
        return self.take(self.left)
