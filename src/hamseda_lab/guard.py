"""Put a censor into the middlebox's fabric, and let the lab talk with it by orders."""

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from hamseda_lab.brief import Brief
from hamseda_lab.censor import Censor, log_into
from hamseda_lab.errors import LabError
from hamseda_lab.fabric import Fabric
from hamseda_lab.profiles import load_profile

Answer = Mapping[str, object]


class Guard:
    """Be the middlebox's place for one censor at a time.

    The lab's side of these orders is `hamseda_lab.censorship`.
    """

    def __init__(self, fabric: Fabric) -> None:
        self.orders: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "censor": self._begin,
            "call began": self._call_began,
            "visits": self._visits,
            "visited": self._visited,
            "touched": self._touched,
        }
        self._fabric = fabric
        self._censor: Censor | None = None
        self._log: TextIO | None = None

    def close(self) -> None:
        """Have the log on disk."""
        if self._log is not None:
            self._log.close()
            self._log = None

    def _begin(self, order: Mapping[str, Any]) -> Answer:
        """Set a censor up, or none."""
        self.close()
        self._censor = None
        if order["profile"] is not None:
            kind = load_profile(str(order["profile"]))
            # Each line at once: a killed lab leaves what it knew.
            log = Path(order["log"])
            self._log = log.open("a", buffering=1, encoding="utf-8")
            brief = Brief.from_json(order["brief"])
            self._censor = Censor(kind, brief, int(order["seed"]), log_into(self._log))
        self._fabric.set_censor(self._censor)
        return {}

    def _standing(self) -> Censor:
        if self._censor is None:
            raise LabError("there is no censor")
        return self._censor

    def _call_began(self, _order: Mapping[str, Any]) -> Answer:
        self._standing().call_began(time.monotonic())
        return {}

    def _visits(self, _order: Mapping[str, Any]) -> Answer:
        wanted = self._standing().wanted_visits()
        return {
            "visits": [
                {
                    "number": visit.number,
                    "protocol": visit.protocol,
                    "server": visit.server,
                    "server_port": visit.server_port,
                    "within": visit.within,
                    "first_bytes": b64encode(visit.first_bytes).decode(),
                }
                for visit in wanted
            ]
        }

    def _visited(self, order: Mapping[str, Any]) -> Answer:
        number, verdict = int(order["number"]), str(order["verdict"])
        self._standing().visited(number, verdict, time.monotonic())
        return {}

    def _touched(self, _order: Mapping[str, Any]) -> Answer:
        return {"touched": self._standing().touched}
