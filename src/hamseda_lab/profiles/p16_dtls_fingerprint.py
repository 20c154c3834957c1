"""P16 `dtls-fingerprint`: DTLS of some libraries is cut a moment after its hello."""

from typing import Final

from hamseda_lab.parsers.dtls import (
    SERVER_HELLO,
    message_type_untrusted,
    parse_client_hello_untrusted,
)
from hamseda_lab.profile import PASS, About, Crossing, Flow, Profile, Verdict, drop
from hamseda_lab.state import Memory

AFTER: Final = 0.3
_AT: Final = 0x5A
_SIGNATURE: Final = bytes.fromhex("1d00170018")
_IDLE: Final = 60.0


class _Flow:
    ends_at: float | None = None


class DtlsFingerprint(Profile):
    """Cut flows by the first messages of DTLS."""

    about = About(
        id="P16",
        name="dtls-fingerprint",
        rule="DTLS ServerHello with 1D 00 17 00 18 at payload offset 0x5A, or a listed ClientHello"
        " JA4, either direction → dropped after 300 ms",
        source="Russia, since December 2021 (Tor's Snowflake), lists grown until 2026",
        as_of="2026",
        confidence="V",
        choices="both ways, until the flow is idle for 60 s; a ClientHello over several datagrams"
        " has no fingerprint",
    )

    def prepare(self) -> None:
        """Know no flow."""
        self._flows: Memory[Flow, _Flow] = Memory(self.seconds(_IDLE), _Flow)

    def judge(self, seen: Crossing) -> Verdict:
        """Drop what comes later than a moment after a hello that matches."""
        if not seen.is_udp:
            return PASS
        flow = self._flows.of(seen.flow, seen.at)
        if flow.ends_at is None:
            if self._matches(seen.payload):
                flow.ends_at = seen.at + AFTER
            return PASS
        return drop("300 ms after a DTLS hello") if seen.at >= flow.ends_at else PASS

    def _matches(self, payload: bytes) -> bool:
        if message_type_untrusted(payload) == SERVER_HELLO:
            return payload[_AT : _AT + len(_SIGNATURE)] == _SIGNATURE
        hello = parse_client_hello_untrusted(payload)
        return hello is not None and hello.ja4("d") in self.brief.dtls_hellos


PROFILE = DtlsFingerprint
