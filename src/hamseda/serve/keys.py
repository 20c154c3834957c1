"""Keep the secrets of a home in one file of its data folder."""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hamseda.errors import ConfigError
from hamseda.serve.files import write_private

KEY_NAME: Final = "home.key"
KEY_BYTES: Final = 32
DOOR_BYTES: Final = 16
DOOR_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True, slots=True)
class HomeKeys:
    """Hold what makes a home this home: who has it can impersonate the home."""

    identity_seed: bytes = field(repr=False)
    line_seed: bytes = field(repr=False)
    relay_key: bytes = field(repr=False)
    door: str = field(repr=False)


def load_or_create(data: Path) -> HomeKeys:
    """Read the key file, or make one with fresh keys on the first start.

    Raise `ConfigError` when it is damaged: a home that silently took new keys would be a
    stranger to all who know it.
    """
    path = data / KEY_NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        keys = HomeKeys(
            secrets.token_bytes(KEY_BYTES),
            secrets.token_bytes(KEY_BYTES),
            secrets.token_bytes(KEY_BYTES),
            new_door(),
        )
        write_private(path, _encode(keys))
        return keys
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    return _decode(content, path)


def new_door() -> str:
    """Make the secret path below which a home or a front answers."""
    # A first letter, so that no tool takes the door for an option.
    return "h" + secrets.token_urlsafe(DOOR_BYTES)


def _encode(keys: HomeKeys) -> bytes:
    entry = {
        "version": 1,
        "identity": keys.identity_seed.hex(),
        "line": keys.line_seed.hex(),
        "relay": keys.relay_key.hex(),
        "door": keys.door,
    }
    return json.dumps(entry, indent=1).encode() + b"\n"


def _decode(content: bytes, path: Path) -> HomeKeys:
    damaged = ConfigError(
        f"{path} is damaged or of another release",
        next="restore it from a backup: without it this home is a stranger to all who know it",
    )
    try:
        entry: dict[str, Any] = json.loads(content)
        keys = HomeKeys(
            bytes.fromhex(entry["identity"]),
            bytes.fromhex(entry["line"]),
            bytes.fromhex(entry["relay"]),
            str(entry["door"]),
        )
        is_whole = entry["version"] == 1
    except (ValueError, KeyError, TypeError):
        raise damaged from None
    sizes = {len(keys.identity_seed), len(keys.line_seed), len(keys.relay_key)}
    is_door = 10 <= len(keys.door) <= 64 and DOOR_LETTERS.issuperset(keys.door)
    if not (is_whole and sizes == {KEY_BYTES} and is_door):
        raise damaged
    return keys
