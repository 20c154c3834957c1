"""Open and erase the files of a profile, and leave no used key in them.

SQLite undoes a change that was cut off with the old pages in `profile.db-journal`. The file stays
(`PERSIST`), and after each commit zeros are written over it: a file that is removed or cut to
nothing gives its blocks away with all that stands in them, the keys that were just used up.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
from pathlib import Path
from typing import IO

from hamseda.client.profile_key import KEY, sync_folder
from hamseda.errors import ProfileError, UsageError

DATABASE = "profile.db"
LOCK = "profile.lock"
VERSION = 2
_CHUNK = 1 << 16
_NO_LONGER_HOT = bytes(8)
"""What stands where a journal that still has to be rolled back bears its mark."""


def take_lock(folder: Path) -> IO[str]:
    """Hold the profile for this process, until the file is closed."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    lock = os.fdopen(descriptor, "r+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise ProfileError(
            f"another hamseda process is using the profile in {folder}",
            next="stop that process, or give another folder with --profile",
        ) from None
    return lock


def open_database(folder: Path) -> tuple[sqlite3.Connection, int]:
    """Open the database and give its version, 0 for a new one."""
    path = folder / DATABASE
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        # Read first: this takes back what a crash cut off, and nothing else is touched before.
        version: int = database.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise ProfileError(
                f"a newer hamseda wrote the profile in {folder}; this one cannot read it",
                next="use the newer one again, or give another folder with --profile",
            )
        database.executescript(
            "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=PERSIST;"
            "PRAGMA synchronous=EXTRA; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
        )
        database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        blank_journal(folder)
    except sqlite3.Error as error:
        database.close()
        raise ProfileError(
            f"{path} is not a profile of hamseda: {error}",
            next="restore it from a backup, or give another folder with --profile",
        ) from None
    except BaseException:
        database.close()
        raise
    return database, version


def blank_journal(folder: Path) -> None:
    """Write zeros over the journal of the last commit; one that is still needed stays."""
    try:
        file = (folder / f"{DATABASE}-journal").open("r+b", buffering=0)
    except FileNotFoundError:
        return
    with file:
        if file.read(len(_NO_LONGER_HOT)) != _NO_LONGER_HOT:
            return
        offset, is_changed = 0, False
        while chunk := os.pread(file.fileno(), _CHUNK, offset):
            if any(chunk):
                os.pwrite(file.fileno(), bytes(len(chunk)), offset)
                is_changed = True
            offset += len(chunk)
        if is_changed:
            os.fdatasync(file.fileno())


def erase(folder: Path) -> int:
    """Overwrite and remove a profile's files; return how many there were.

    The key goes first: from then on all that a disk still keeps of the items is noise. What this
    cannot promise: copies of the key that the disk's firmware (wear levelling), a copy-on-write
    file system, one that journals data, snapshots, backups or swap have made.
    """
    if not any((folder / name).exists() for name in (KEY, DATABASE)):
        raise UsageError(f"there is no profile in {folder}", next="check --profile")
    lock = take_lock(folder)
    try:
        files = [path for path in folder.iterdir() if path.name.startswith("profile.")]
        for path in sorted(files, key=lambda path: not path.name.startswith(KEY)):
            _overwrite(path)
            path.unlink()
    finally:
        lock.close()
    sync_folder(folder)
    if not any(folder.iterdir()):
        folder.rmdir()
    return len(files)


def _overwrite(path: Path) -> None:
    with path.open("r+b", buffering=0) as file:
        remaining = path.stat().st_size
        while remaining > 0:
            remaining -= file.write(secrets.token_bytes(min(remaining, _CHUNK)))
        os.fsync(file.fileno())
