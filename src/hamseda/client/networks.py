"""Remember what worked on which network, so that tomorrow's first attempt is the right one.

Coarse and only here: a network is the salted hash of this machine's own address prefix, an
endpoint a salted hash too (spec/endpoints.md §4). Whoever takes the profile learns how many
networks it was used on, and can test guesses; with a passphrase not even that.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from hamseda.client.profile import Kind, Profile
from hamseda.errors import WireError
from hamseda.protocol.ladder import Rung
from hamseda.wire import cbor
from hamseda.wire.fields import Fields

NETWORKS_MOST = 16
KEPT_DAYS = 90
DEMOTED_DAYS = 1
_TAGS_MOST = 16
_TAG = 8
_SALT_ID = b"salt"
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class _Record:
    day: int
    worked: tuple[bytes, ...] = ()
    demoted: tuple[bytes, ...] = ()
    demoted_on: int = 0

    def encode(self) -> bytes:
        return cbor.encode(
            {
                0: 1,
                1: self.day,
                2: b"".join(self.worked),
                3: b"".join(self.demoted),
                4: self.demoted_on,
            }
        )


def _decode(data: bytes) -> _Record:
    fields = Fields.parse_untrusted(data, "network")
    fields.version()
    record = _Record(
        fields.uint(1), _split(fields.bytes(2)), _split(fields.bytes(3)), fields.uint(4)
    )
    fields.done()
    return record


def _read(data: bytes | None) -> _Record:
    """Read what is kept; nothing and a damaged record are the same."""
    if data is None:
        return _Record(0)
    try:
        return _decode(data)
    except WireError:
        return _Record(0)


def _split(joined: bytes) -> tuple[bytes, ...]:
    if len(joined) % _TAG:
        raise WireError("a network's record is damaged")
    return tuple(joined[i : i + _TAG] for i in range(0, len(joined), _TAG))


class Networks:
    """Be a profile's memory of networks. Reading never fails; a damaged record is forgotten."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._known_salt: bytes | None = None

    def recall(
        self, network: str, home_id: str, rungs: Sequence[Rung]
    ) -> tuple[list[int], list[int]]:
        """Give which rungs worked on a network, the newest first, and which are demoted there."""
        record = _read(self._profile.get(Kind.NETWORK, self._key(network)))
        tags = [self._tag(home_id, rung) for rung in rungs]
        worked = [tags.index(tag) for tag in record.worked if tag in tags]
        if _today() - record.demoted_on > DEMOTED_DAYS:
            return worked, []
        return worked, [tags.index(tag) for tag in record.demoted if tag in tags]

    def remember(
        self,
        network: str,
        home_id: str,
        rungs: Sequence[Rung],
        *,
        worked: Sequence[int],
        demoted: Sequence[int],
    ) -> None:
        """Write down what a ladder knows of this home here, if it says anything new."""
        if not network:
            return
        key, today = self._key(network), _today()
        before = _read(self._profile.get(Kind.NETWORK, key))
        own = [self._tag(home_id, rung) for rung in rungs]
        # Only the newest rung: the others were good on another day.
        good = [own[index] for index in worked[:1]]
        bad = [own[index] for index in demoted]
        record = _Record(
            today,
            (*good, *(tag for tag in before.worked if tag not in own))[:_TAGS_MOST],
            (*bad, *(tag for tag in before.demoted if tag not in own))[:_TAGS_MOST],
            today if set(bad) - set(before.demoted) else before.demoted_on,
        )
        if record == before:
            return
        with self._profile.transaction() as change:
            change.put(Kind.NETWORK, key, record.encode())
            for old in self._too_many(key, today):
                change.delete(Kind.NETWORK, old)

    def _too_many(self, newest: bytes, today: int) -> list[bytes]:
        others = sorted(
            (_read(data).day, id)
            for id, data in self._profile.items(Kind.NETWORK)
            if id not in (_SALT_ID, newest)
        )
        old = [id for day, id in others if today - day > KEPT_DAYS]
        kept = [id for day, id in others if today - day <= KEPT_DAYS]
        return old + kept[: max(0, len(kept) + 1 - NETWORKS_MOST)]

    def _key(self, network: str) -> bytes:
        return hashlib.sha256(self._salt() + b"network" + network.encode()).digest()[:16]

    def _tag(self, home_id: str, rung: Rung) -> bytes:
        what = f"{home_id} {rung.host} {rung.port} {rung.name} {rung.by_proxy}"
        return hashlib.sha256(self._salt() + b"rung" + what.encode()).digest()[:_TAG]

    def _salt(self) -> bytes:
        if self._known_salt is None:
            self._known_salt = self._kept_salt()
        return self._known_salt

    def _kept_salt(self) -> bytes:
        salt = self._profile.get(Kind.NETWORK, _SALT_ID)
        if salt is None:
            salt = secrets.token_bytes(16)
            with self._profile.transaction() as change:
                change.put(Kind.NETWORK, _SALT_ID, salt)
        return salt


def _today() -> int:
    return int(time.time()) // _DAY
