"""Say where a censor stands, and what is on its lists."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self, cast


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """Be what a censor was told. Prefixes are written as `10.77.1.0/24`, or as one address."""

    inside: tuple[str, ...]
    """Prefixes of the clients. Packets between one of them and anybody else cross the border."""
    resolver: str = ""
    """The address of the operator's own resolver."""
    proxy: tuple[str, int] | None = None
    """Where an HTTP proxy lets people out."""
    listed_names: frozenset[str] = field(default=frozenset())
    """Names that are blocked, and with each all names below it."""
    allowed_names: frozenset[str] = field(default=frozenset())
    """Names that pass where unknown ones do not."""
    hosting: tuple[str, ...] = ()
    """Prefixes of hosting companies."""
    relays: tuple[str, ...] = ()
    """Prefixes of servers that calls are known to go over."""
    peers: tuple[str, ...] = ()
    """Prefixes of the people who are called: direct paths end there."""
    signalling_ports: frozenset[int] = field(default=frozenset())
    """TCP ports over which the calls of `relays` are signalled."""
    domestic: tuple[str, ...] = ()
    """Prefixes that stay reachable when the border is closed."""
    dtls_hellos: frozenset[str] = field(default=frozenset())
    """JA4 fingerprints of DTLS hellos that are blocked."""
    residual_factor: float = 1.0
    """What every duration of a rule is multiplied with; 1 in everything that is published."""

    def to_json(self) -> dict[str, object]:
        """Write it for an order or a result."""
        return {
            name: sorted(cast("frozenset[Any]", value)) if isinstance(value, frozenset) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        read = dict(data)
        for name, value in data.items():
            if isinstance(value, list):
                items = cast("list[Any]", value)
                read[name] = frozenset(items) if name in _SETS else tuple(items)
        return cls(**read)


_SETS: Final = frozenset(each.name for each in fields(Brief) if each.default == frozenset())


class Prefixes:
    """Be some prefixes of addresses, and remember which address was in them."""

    def __init__(self, prefixes: Iterable[str]) -> None:
        self._networks = [ipaddress.IPv4Network(prefix) for prefix in prefixes]
        self._known: dict[str, bool] = {}

    def __contains__(self, address: str) -> bool:
        known = self._known.get(address)
        if known is None:
            number = ipaddress.IPv4Address(address)
            known = self._known[address] = any(number in network for network in self._networks)
        return known


def is_listed(name: str | None, names: frozenset[str]) -> bool:
    """Tell whether a name, or one that it lies below, is among these."""
    if name is None:
        return False
    labels = name.lower().rstrip(".").split(".")
    return any(".".join(labels[at:]) in names for at in range(len(labels)))
