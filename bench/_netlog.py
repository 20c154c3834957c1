"""Read what a browser did on the network from the log that it keeps itself (NetLog).

The log names each TCP connection, what went through it before TLS took it apart, and each
request. Nothing that the browser does escapes it, also not in workers.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

_END: Final = 2


@dataclass(frozen=True, slots=True)
class Connection:
    """Be one TCP connection on which TLS came to be."""

    opened: float
    """Milliseconds of the wall clock."""
    port: int
    """The browser's own."""


@dataclass(frozen=True, slots=True)
class NetLog:
    """Be what a browser did from its start to its end."""

    connections: tuple[Connection, ...]
    received: tuple[tuple[float, int], ...]
    """Moments and bytes that came over them, as the wire carries them."""
    sent: tuple[tuple[float, int], ...]
    requests: tuple[float, ...]
    """When each request went out; what the browser's own cache answered is not among them."""

    @classmethod
    def read(cls, path: Path, *, without: str) -> Self:
        """Read the log of a browser that has ended; requests `without` are not counted."""
        log = json.loads(path.read_text(encoding="utf-8"))
        constants: Mapping[str, Any] = log["constants"]
        names = {number: name for name, number in constants["logEventTypes"].items()}
        offset = float(constants["timeTickOffset"])
        ports: dict[int, int] = {}
        found: dict[int, Connection] = {}
        moved: dict[str, list[tuple[int, float, int]]] = {
            "SOCKET_BYTES_RECEIVED": [],
            "SOCKET_BYTES_SENT": [],
        }
        requests: list[float] = []
        for event in log["events"]:
            name, source = names[event["type"]], int(event["source"]["id"])
            moment, params = float(event["time"]) + offset, event.get("params", {})
            match name:
                # A certificate that is not known yet fails once, and is then let through.
                case "SSL_CONNECT" if event["phase"] == _END and "cipher_suite" in params:
                    found[source] = Connection(moment, ports[source])
                case "TCP_CONNECT" if "local_address" in params:
                    ports[source] = int(params["local_address"].rpartition(":")[2])
                case "SOCKET_BYTES_RECEIVED" | "SOCKET_BYTES_SENT":
                    moved[name].append((source, moment, int(params["byte_count"])))
                case "HTTP_TRANSACTION_SEND_REQUEST_HEADERS" if without not in params["line"]:
                    requests.append(moment)
                case _:
                    pass
        received, sent = (
            tuple((moment, size) for source, moment, size in moves if source in found)
            for moves in moved.values()
        )
        return cls(tuple(found.values()), received, sent, tuple(requests))

    def between(self, begin: float, end: float) -> dict[str, float]:
        """Count what happened between two moments."""
        return {
            "requests": sum(begin <= moment < end for moment in self.requests),
            "connections": sum(begin <= one.opened < end for one in self.connections),
            "received_kib": _bytes(self.received, begin, end) / 1024,
            "sent_kib": _bytes(self.sent, begin, end) / 1024,
        }

    def among(self, ports: Collection[int]) -> int:
        """Count the connections of this browser among the ones that a home has open.

        The log alone does not do: Chromium notices late that the home has closed one.
        """
        return sum(one.port in ports for one in self.connections)


def log_to(path: Path) -> str:
    """Give the option of a browser that keeps such a log."""
    return f"--log-net-log={path}"


def _bytes(moved: tuple[tuple[float, int], ...], begin: float, end: float) -> int:
    return sum(size for moment, size in moved if begin <= moment < end)
