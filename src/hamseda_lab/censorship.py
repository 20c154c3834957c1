"""Let a network block as a profile says, from any moment on.

with Network(["inside", "outside"]) as net:
    censorship = Censorship(net, Path("touched.jsonl"))
    censorship.begin("P01", Brief(inside=(net.host("inside").address,)))
"""

import threading
from base64 import b64decode
from pathlib import Path

from hamseda_lab import orders
from hamseda_lab.brief import Brief
from hamseda_lab.network import Network
from hamseda_lab.profile import Visit
from hamseda_lab.profiles import load_profile


class Censorship:
    """Be the lab's side of the censor in a network's middlebox.

    `log` gets one JSON object for each packet that was touched (`hamseda_lab.censor.Touch`); its
    times are those of the monotonic clock. Each method raises `LabError`, and may be called from
    any thread, while nothing else gives the network orders.
    """

    def __init__(self, net: Network, log: Path) -> None:
        self.log = log
        self._net = net
        self._lock = threading.Lock()

    def begin(self, profile: str, brief: Brief, *, seed: int = 1) -> None:
        """Block as a profile says, given by its id or its file; state begins anew."""
        # Here first: what is wrong with a file is told where somebody reads it.
        load_profile(profile)
        given = {"profile": profile, "brief": brief.to_json(), "log": str(self.log.resolve())}
        self._ask("censor", seed=seed, **given)

    def end(self) -> None:
        """Block nothing."""
        self._ask("censor", profile=None)

    def call_began(self) -> None:
        """Tell the profile that a call connected."""
        self._ask("call began")

    @property
    def touched(self) -> int:
        """Count the packets that the profile acted on."""
        return int(self._ask("touched")["touched"])

    def wanted_visits(self) -> list[Visit]:
        """Give the servers that the profile wants looked at, each once."""
        return [
            Visit(
                number=int(visit["number"]),
                protocol=int(visit["protocol"]),
                server=str(visit["server"]),
                server_port=int(visit["server_port"]),
                within=float(visit["within"]),
                first_bytes=b64decode(visit["first_bytes"]),
            )
            for visit in self._ask("visits")["visits"]
        ]

    def visited(self, visit: Visit, verdict: str) -> None:
        """Tell the profile what was found: "" a web server, otherwise what gave it away."""
        self._ask("visited", number=visit.number, verdict=verdict)

    def _ask(self, order: str, **fields: object) -> orders.Order:
        # A visitor reports while a call is measured.
        with self._lock:
            return self._net.ask(order, **fields)
