"""Find the ClientHellos in TCP connections, also those that span packets."""

from typing import Final

from hamseda_lab.parsers.http import Request, parse_request_untrusted
from hamseda_lab.parsers.ip import SYN
from hamseda_lab.parsers.stream import Stream
from hamseda_lab.parsers.tls import ClientHello, find_hello_untrusted
from hamseda_lab.profile import Crossing, Flow
from hamseda_lab.state import Memory

_IDLE: Final = 300.0
"""Seconds after which a censor has forgotten a silent connection."""


class _Opening:
    """Be the first bytes of a client in one connection."""

    def __init__(self) -> None:
        self.stream = Stream()
        self.is_read = False


class Hellos:
    """Put together what clients say first. Every packet of the profile must be shown to it."""

    def __init__(self) -> None:
        self._openings: Memory[Flow, _Opening] = Memory(_IDLE, _Opening)

    def find(self, seen: Crossing) -> ClientHello | Request | None:
        """Give the hello, or the HTTP request with its Host, that this packet makes whole."""
        opening = self._grown(seen)
        if opening is None:
            return None
        found = find_hello_untrusted(opening.stream.data)
        if isinstance(found, ClientHello):
            opening.is_read = True
            return found
        request = parse_request_untrusted(opening.stream.data)
        if request is not None and request.host is not None:
            opening.is_read = True
            return request
        return None

    def client_hello(self, seen: Crossing) -> ClientHello | None:
        """Give the ClientHello that this packet makes whole."""
        found = self.find(seen)
        return found if isinstance(found, ClientHello) else None

    def _grown(self, seen: Crossing) -> _Opening | None:
        if seen.tcp is None or not seen.is_outbound:
            return None
        if seen.tcp.has(SYN):
            # Also where a port is used again: this is another connection.
            self._openings.forget(seen.flow)
            self._openings.of(seen.flow, seen.at).stream.begin(seen.tcp.sequence)
            return None
        opening = self._openings.of(seen.flow, seen.at)
        if opening.is_read:
            return None
        grew = opening.stream.feed(seen.tcp.sequence, seen.payload)
        return opening if grew else None
