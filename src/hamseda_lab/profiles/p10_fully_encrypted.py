"""P10 `fully-encrypted`: connections that open with nothing but randomness are cut."""

from typing import Final

from hamseda_lab.parsers.ip import SYN, TCP
from hamseda_lab.profile import PASS, About, Crossing, Flow, Profile, Verdict, drop
from hamseda_lab.state import Blocks, Memory

BLOCKED: Final = 180.0
CHANCE: Final = 0.263
_IDLE: Final = 300.0
_METHODS: Final = (b"GET ", b"PUT ", b"POST ", b"HEAD ")


class _Connection:
    has_spoken = False


class FullyEncrypted(Profile):
    """Block servers to which clients say what cannot be recognised."""

    about = About(
        id="P10",
        name="fully-encrypted",
        rule="the first TCP payload client → server is blocked unless one holds: ones per byte"
        " ≤ 3.4 or ≥ 4.6; first 6 bytes printable; > 50 % printable; > 20 contiguous printable;"
        " TLS [16-17] 03 [00-09] or an HTTP method"
        " → with p = 0.263 dropped client → server, 180 s for server IP:port",
        source="Wu et al., How the Great Firewall of China Detects and Blocks Fully Encrypted"
        " Traffic, USENIX Security 2023 (rules read, the chance recalled)",
        as_of="2021-11 to 2023-03; not seen since",
        confidence="V",
        choices="the dice fall once a connection; the packet that matches is dropped too;"
        " the block is of TCP",
    )

    def prepare(self) -> None:
        """Block nothing."""
        self._connections: Memory[Flow, _Connection] = Memory(_IDLE, _Connection)
        self._blocks: Blocks[tuple[str, int]] = Blocks(self.seconds(BLOCKED))

    def judge(self, seen: Crossing) -> Verdict:
        """Look at the first payload of each connection."""
        if seen.flow.protocol != TCP or not seen.is_outbound or seen.tcp is None:
            return PASS
        if seen.tcp.has(SYN):
            self._connections.forget(seen.flow)
        connection = self._connections.of(seen.flow, seen.at)
        server = seen.server, seen.server_port
        if self._blocks.holds(server, seen.at):
            return drop("blocked because of an encrypted opening")
        if not seen.payload or connection.has_spoken:
            return PASS
        connection.has_spoken = True
        if is_exempt(seen.payload) or self.dice.random() >= CHANCE:
            return PASS
        self._blocks.add(server, seen.at)
        return drop("fully encrypted opening")


def is_exempt(payload: bytes) -> bool:
    """Tell whether a first payload looks like something that is known."""
    ones = sum(byte.bit_count() for byte in payload) / len(payload)
    printable = [0x20 <= byte <= 0x7E for byte in payload]
    return (
        ones <= 3.4
        or ones >= 4.6
        or (len(payload) >= 6 and all(printable[:6]))
        or sum(printable) > len(payload) / 2
        or _longest_row(printable) > 20
        or _is_tls(payload)
        or payload.startswith(_METHODS)
    )


def _longest_row(printable: list[bool]) -> int:
    longest = row = 0
    for each in printable:
        row = row + 1 if each else 0
        longest = max(longest, row)
    return longest


def _is_tls(payload: bytes) -> bool:
    return (
        len(payload) >= 3 and payload[0] in (0x16, 0x17) and payload[1] == 3 and payload[2] <= 0x09
    )


PROFILE = FullyEncrypted
