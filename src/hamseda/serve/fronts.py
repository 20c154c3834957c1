"""Keep the list of admitted fronts, and know who comes through them (spec/front.md §2, §3)."""

from collections import OrderedDict
from hashlib import blake2b
from pathlib import Path
from typing import Final

from hamseda.crypto.front_pass import FrontPass, open_pass_untrusted
from hamseda.errors import ConfigError, WireError
from hamseda.protocol.quota import Payer
from hamseda.serve.files import write_private
from hamseda.wire import base64url
from hamseda.wire.admission import Admission, parse_admission_untrusted
from hamseda.wire.descriptor import ENDPOINTS_MOST, Endpoint

FRONTS_NAME: Final = "fronts"
FRESH: Final = 60
"""Seconds by which the clocks of front and home may differ."""
NONCES_MOST: Final = 16_384
"""Passes of one front that are remembered: what one shows must not use up another's places."""
SCHEME: Final = "Bearer "
NO_FILE: Final = (0, 0, 0)


def read_fronts(data: Path) -> tuple[Admission, ...]:
    """Return the admitted fronts of a data folder, in the order of their admission."""
    path = data / FRONTS_NAME
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        return tuple(map(parse_admission_untrusted, lines))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, WireError) as error:
        raise ConfigError(
            f"cannot read {path}: {error}", next="remove the file and admit the fronts again"
        ) from error


def admit(data: Path, front: Admission) -> None:
    """Add a front, in place of what was known of the same key. Raise `ConfigError`."""
    others = tuple(each for each in read_fronts(data) if each.key != front.key)
    # One place is the home's own.
    if len(others) >= ENDPOINTS_MOST - 1:
        raise ConfigError(
            f"a home has at most {ENDPOINTS_MOST - 1} fronts", next="remove one with --remove"
        )
    _write(data, (*others, front))


def remove(data: Path, front: Admission) -> bool:
    """Take a front from the list; False when it was not there."""
    known = read_fronts(data)
    others = tuple(each for each in known if each.key != front.key)
    _write(data, others)
    return others != known


def _write(data: Path, fronts: tuple[Admission, ...]) -> None:
    write_private(data / FRONTS_NAME, "".join(f"{front}\n" for front in fronts).encode("ascii"))


class Fronts:
    """Hold the admitted fronts of a running home.

    `key` blurs what memory holds, and dies with the process; `rations` is how many prefixes'
    rations the people of one front have together.
    """

    def __init__(self, data: Path, home_id: str, key: bytes, rations: int) -> None:
        self._data = data
        self._home_id = home_id
        self._key = key
        self._rations = rations
        self._version = NO_FILE
        self._admitted: tuple[Admission, ...] = ()
        self._keys: frozenset[bytes] = frozenset()
        self._seen: dict[bytes, OrderedDict[bytes, int]] = {}
        """By front: the passes that it showed, and until when they are remembered."""

    def __len__(self) -> int:
        return len(self._admitted)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """List where the fronts are."""
        return tuple(front.endpoint for front in self._admitted)

    def read_again(self) -> bool:
        """Read the list if it changed, and say so. Raise `ConfigError`; the old list stays."""
        try:
            status = (self._data / FRONTS_NAME).stat()
            # Two changes may fall into one tick of the file system's clock.
            version = (status.st_mtime_ns, status.st_ino, status.st_size)
        except FileNotFoundError:
            version = NO_FILE
        if version == self._version:
            return False
        self._admitted = read_fronts(self._data)
        self._keys = frozenset(front.key for front in self._admitted)
        self._seen = {key: self._seen.get(key, OrderedDict()) for key in self._keys}
        # Last: what could not be read is not known, and is tried again.
        self._version = version
        return True

    def payer(self, proof: str, unix_now: int) -> Payer | None:
        """Say who pays for a connection with this `Authorization`; None: no admitted front."""
        try:
            shown = open_pass_untrusted(
                base64url.decode_untrusted(proof.removeprefix(SCHEME)), self._home_id
            )
        except WireError:
            return None
        if shown.key not in self._keys or not self._is_new(shown, unix_now):
            return None
        front = self._blurred(shown.key)
        return Payer(self._blurred(shown.key + shown.pseudonym), front, self._rations)

    def _is_new(self, shown: FrontPass, unix_now: int) -> bool:
        """Refuse what is stale, early, or was shown before."""
        seen = self._seen[shown.key]
        while seen and next(iter(seen.values())) < unix_now:
            seen.popitem(last=False)
        if abs(shown.time - unix_now) > FRESH or shown.nonce in seen:
            return False
        if len(seen) >= NONCES_MOST:
            return False
        seen[shown.nonce] = unix_now + 2 * FRESH
        return True

    def _blurred(self, name: bytes) -> bytes:
        return blake2b(name, key=self._key, digest_size=16).digest()
