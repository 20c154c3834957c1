"""P23 `tcb-tricks`: P09 by a censor that follows TCP's state, and is led astray by it."""

from typing import Final

from hamseda_lab.parsers.ip import ACK, FIN, RST, SYN
from hamseda_lab.parsers.stream import Stream
from hamseda_lab.parsers.tls import ClientHello, find_hello_untrusted
from hamseda_lab.profile import About, Crossing, Flow
from hamseda_lab.profiles.p09_sni_residual import SniResidual
from hamseda_lab.state import Memory

_IDLE: Final = 300.0


class _ControlBlock:
    """Be what the censor believes about a connection (its TCB)."""

    def __init__(self) -> None:
        self.stream: Stream | None = None
        """None: no SYN was seen, so nothing is read."""
        self.is_lost = False
        """The next packet says where the stream goes on."""
        self.is_read = False


class TcbTricks(SniResidual):
    """Reset as P09 does, and read only what is in place."""

    about = About(
        id="P23",
        name="tcb-tricks",
        rule="P09 with real TCP state: a connection is known from its SYN; only bytes in sequence"
        " are read; RST or FIN let the censor resynchronise on the next client data or the server's"
        " SYN-ACK; checksums are not verified",
        source="Bock et al., Geneva, CCS 2019, and its server-side strategies, SIGCOMM 2020",
        as_of="2020",
        confidence="V",
        choices="as P09; a client's RST and FIN as well as a server's let it resynchronise",
    )

    def prepare(self) -> None:
        """Know no connection."""
        super().prepare()
        self._blocks_of: Memory[Flow, _ControlBlock] = Memory(_IDLE, _ControlBlock)

    def server_name(self, seen: Crossing) -> str | None:
        """Give the name that this packet completes the telling of, as far as it is believed."""
        tcp = seen.tcp
        if tcp is None:
            return None
        block = self._blocks_of.of(seen.flow, seen.at)
        if tcp.has(SYN) and not tcp.has(ACK) and seen.is_outbound:
            block.stream, block.is_lost, block.is_read = Stream(), False, False
            block.stream.begin(tcp.sequence)
            return None
        if block.stream is None or block.is_read:
            return None
        if tcp.has(RST) or tcp.has(FIN):
            block.is_lost = True
            return None
        if block.is_lost and not seen.is_outbound and tcp.has(SYN | ACK):
            # What the server acknowledges is what it expects next.
            block.stream.begin(tcp.acknowledged - 1)
            block.is_lost = False
            return None
        return self._read(block, block.stream, seen)

    def _read(self, block: _ControlBlock, stream: Stream, seen: Crossing) -> str | None:
        if not seen.is_client_data or seen.tcp is None:
            return None
        if block.is_lost:
            stream.begin(seen.tcp.sequence - 1)
            block.is_lost = False
        if not stream.feed(seen.tcp.sequence, seen.payload):
            return None
        hello = find_hello_untrusted(stream.data)
        if not isinstance(hello, ClientHello):
            return None
        block.is_read = True
        return hello.server_name


PROFILE = TcbTricks
