"""Keep the secrets of a front in one file of its data folder."""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from hamseda.crypto.signatures import SigningKey
from hamseda.errors import ConfigError, WireError
from hamseda.serve.files import write_private
from hamseda.serve.keys import KEY_BYTES, new_door
from hamseda.wire.host import check_door_untrusted

FRONT_KEY_NAME: Final = "front.key"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class FrontKeys:
    """Hold what makes a front this front: who has it can spend its rations at the home."""

    signing: SigningKey = field(repr=False)
    door: str = field(repr=False)


def load_or_create_front(data: Path) -> FrontKeys:
    """Read the key file, or make one on the first start. Raise `ConfigError` when damaged."""
    path = data / FRONT_KEY_NAME
    try:
        entry: dict[str, Any] = json.loads(path.read_bytes())
        if entry["version"] != VERSION:
            raise ValueError("another version")
        keys = FrontKeys(SigningKey(bytes.fromhex(entry["key"])), str(entry["door"]))
        check_door_untrusted(keys.door)
    except FileNotFoundError:
        seed = secrets.token_bytes(KEY_BYTES)
        door = new_door()
        entry = {"version": VERSION, "key": seed.hex(), "door": door}
        write_private(path, json.dumps(entry, indent=1).encode() + b"\n")
        return FrontKeys(SigningKey(seed), door)
    except (OSError, ValueError, KeyError, TypeError, WireError) as error:
        raise ConfigError(
            f"{path} is damaged or of another release",
            next="restore it, or remove it and have the front admitted again",
        ) from error
    return keys
