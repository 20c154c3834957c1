"""Keep a home's small files private and whole."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hamseda.errors import ConfigError, StoreError

LOCK_NAME: Final = "lock"


def default_data_dir() -> Path:
    """Return where a home's data lies when nobody says otherwise."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "hamseda" / "home"


def make_private_dir(path: Path) -> None:
    """Create a folder that only its owner can open. Raise `ConfigError`."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot make the data folder {path}: {error.strerror}") from error


def write_private(path: Path, content: bytes) -> None:
    """Replace a file (mode 0600) so that a crash leaves the old or the new one, whole."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def locked(data: Path) -> Generator[None]:
    """Hold a data folder against a second server. Raise `StoreError` when one has it."""
    descriptor = os.open(data / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(
                f"another server is using {data}", next="stop it, or choose another --data folder"
            ) from error
        yield
    finally:
        os.close(descriptor)
