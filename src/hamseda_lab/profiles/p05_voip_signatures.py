"""P05 `voip-signatures`: whatever looks like a call is cut for three minutes."""

from typing import Final

from hamseda_lab.parsers.dtls import is_handshake_untrusted
from hamseda_lab.parsers.rtp import Rtp, is_sip_untrusted, parse_rtp_untrusted
from hamseda_lab.parsers.stun import is_channel_data_untrusted, is_stun_untrusted
from hamseda_lab.profile import PASS, About, Crossing, Flow, Profile, Service, Verdict, drop
from hamseda_lab.state import Blocks, Memory

BLOCKED: Final = 180.0
RTP_RUN: Final = 8
RTP_SIZES: Final = range(20, 401)
_IDLE: Final = 60.0


class _Run:
    """Be a row of datagrams in one direction that count like RTP."""

    last: Rtp | None = None
    length = 0

    def grows(self, payload: bytes) -> bool:
        """Take a datagram; tell whether the row is long enough to be believed."""
        header = parse_rtp_untrusted(payload) if len(payload) in RTP_SIZES else None
        expected = None
        if self.last is not None:
            expected = Rtp((self.last.sequence + 1) % 2**16, self.last.source)
        self.length = 0 if header is None else self.length + 1 if header == expected else 1
        self.last = header
        return self.length >= RTP_RUN


class VoipSignatures(Profile):
    """Block servers that are talked to in a protocol of calls."""

    about = About(
        id="P05",
        name="voip-signatures",
        rule="SIP; RTP by heuristic (version 2, same SSRC, sequence + 1 for 8 packets, 20-400 B);"
        " STUN, TURN, ChannelData; DTLS 16 FE FD or FE FF"
        " → 180 s block of (client, server IP, port)",
        source="plausible commercial inspection; symptoms from the Gulf, Egypt, Morocco",
        as_of="2026",
        confidence="D",
        choices="SIP, STUN and ChannelData also where a TCP packet begins with them; the block is"
        " of one transport, both ways, and begins with the packet that matches",
    )

    def prepare(self) -> None:
        """Block nothing."""
        self._blocks: Blocks[Service] = Blocks(self.seconds(BLOCKED))
        self._runs: Memory[tuple[Flow, bool], _Run] = Memory(_IDLE, _Run)

    def judge(self, seen: Crossing) -> Verdict:
        """Drop what is blocked, and block what looks like a call."""
        service = seen.flow.service
        if self._blocks.holds(service, seen.at):
            return drop("blocked because of a call before")
        signature = self._signature(seen)
        if not signature:
            return PASS
        self._blocks.add(service, seen.at)
        return drop(signature)

    def _signature(self, seen: Crossing) -> str:
        payload = seen.payload
        if not seen.is_udp and seen.tcp is None:
            return ""
        if is_stun_untrusted(payload):
            return "STUN"
        if is_sip_untrusted(payload):
            return "SIP"
        if is_channel_data_untrusted(payload):
            return "ChannelData"
        if seen.is_udp and is_handshake_untrusted(payload):
            return "DTLS"
        if seen.is_udp and self._runs.of((seen.flow, seen.is_outbound), seen.at).grows(payload):
            return "RTP"
        return ""


PROFILE = VoipSignatures
