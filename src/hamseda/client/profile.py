"""Keep one person's keys, contacts and unsent envelopes in a folder, durably and for one process.

A profile is a folder (0700) with `profile.db` (0600), a SQLite file of sealed items, and
`profile.lock`, which one process at a time holds. With a passphrase every item is encrypted under
a key that Argon2id makes of it; without one the items lie in clear and only the file mode guards
them. A commit is on disk before `transaction` returns: what leaves the device was stored before
(spec/ratchet.md §3).
"""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO

from hamseda.crypto.profile_lock import (
    SALT_SIZE,
    argon2id,
    open_value_untrusted,
    seal_value,
)
from hamseda.errors import ProfileError, UsageError, WireError

DATABASE = "profile.db"
LOCK = "profile.lock"
VERSION = 1

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
CREATE TABLE items (
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
"""
_PROOF = b"hamseda profile"


class Kind(StrEnum):
    """Name the kinds of items that a profile holds, and nothing else."""

    HOME = "home"
    LIST = "list"
    MET = "met"
    INVITATION = "invitation"
    CONTACT = "contact"
    OUTBOX = "outbox"
    SEEN = "seen"
    ANSWERED = "answered"
    MISSED = "missed"
    NETWORK = "network"


class Transaction:
    """Change items; everything or nothing reaches the disk."""

    def __init__(self, database: sqlite3.Connection, key: bytes | None) -> None:
        self._database = database
        self._key = key

    def put(self, kind: Kind, id: bytes, value: bytes) -> None:
        """Write one item, replacing what stood there."""
        stored = value
        if self._key is not None:
            stored = seal_value(self._key, _context(kind, id), value, secrets.token_bytes)
        self._database.execute(
            "INSERT OR REPLACE INTO items (kind, id, value) VALUES (?, ?, ?)", (kind, id, stored)
        )

    def delete(self, kind: Kind, id: bytes) -> None:
        """Remove one item; its bytes are overwritten in the file."""
        self._database.execute("DELETE FROM items WHERE kind = ? AND id = ?", (kind, id))

    def delete_oldest(self, kind: Kind, *, keep: int) -> None:
        """Remove all but the `keep` greatest ids of a kind whose ids grow with time."""
        self._database.execute(
            "DELETE FROM items WHERE kind = ?1 AND id <= "
            "(SELECT id FROM items WHERE kind = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            (kind, keep),
        )


class Profile:
    """Be the open profile of one process.

    `open` raises `ProfileError` when another process has it, when the passphrase is wrong or
    missing, or when the file is damaged.
    """

    def __init__(self, folder: Path, database: sqlite3.Connection, lock: IO[str]) -> None:
        self.folder = folder
        self._database = database
        self._lock = lock
        self._key: bytes | None = None

    @classmethod
    def open(cls, folder: Path, *, passphrase: str | None = None) -> Profile:
        """Open the profile in `folder`, making it when there is none."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _take_lock(folder / LOCK)
        except OSError as error:
            raise ProfileError(
                f"{folder} cannot be the folder of a profile: {error.strerror}",
                next="give a folder that you may write to with --profile",
            ) from None
        try:
            profile = cls(folder, _open_database(folder / DATABASE), lock)
            profile._unlock(passphrase)
        except BaseException:
            lock.close()
            raise
        return profile

    def _unlock(self, passphrase: str | None) -> None:
        salt = self._meta("salt")
        if salt is None and self._meta("version") is None:
            self._create(passphrase)
            return
        if salt is None:
            if passphrase is not None:
                raise UsageError(
                    "this profile has no passphrase",
                    next="leave the passphrase out, or make a new profile with one",
                )
            return
        if passphrase is None:
            raise ProfileError(
                "this profile is locked with a passphrase",
                next="give it in the environment variable HAMSEDA_PASSPHRASE",
            )
        self._key = argon2id(passphrase, salt)
        try:
            open_value_untrusted(self._key, _PROOF, self._meta("proof") or b"")
        except WireError:
            raise ProfileError(
                "the passphrase does not open this profile", next="try it again"
            ) from None

    def _create(self, passphrase: str | None) -> None:
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            if passphrase is not None:
                salt = secrets.token_bytes(SALT_SIZE)
                self._key = argon2id(passphrase, salt)
                proof = seal_value(self._key, _PROOF, b"", secrets.token_bytes)
                self._set_meta("salt", salt)
                self._set_meta("proof", proof)
            self._set_meta("version", bytes([VERSION]))

    def _meta(self, name: str) -> bytes | None:
        row = self._database.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def _set_meta(self, name: str, value: bytes) -> None:
        self._database.execute("INSERT INTO meta (name, value) VALUES (?, ?)", (name, value))

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """Collect changes and commit them durably at the end; an exception undoes them all."""
        try:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                yield Transaction(self._database, self._key)
        except sqlite3.Error as error:
            raise ProfileError(
                f"the profile in {self.folder} could not be written: {error}",
                next="check that the disk is not full and the folder is writable",
            ) from None

    def items(self, kind: Kind) -> list[tuple[bytes, bytes]]:
        """List all items of a kind as (id, value), in the order of their ids."""
        rows = self._database.execute(
            "SELECT id, value FROM items WHERE kind = ? ORDER BY id", (kind,)
        )
        return [(bytes(id), self._opened(kind, bytes(id), bytes(value))) for id, value in rows]

    def get(self, kind: Kind, id: bytes) -> bytes | None:
        """Read one item, or None."""
        row = self._database.execute(
            "SELECT value FROM items WHERE kind = ? AND id = ?", (kind, id)
        ).fetchone()
        return None if row is None else self._opened(kind, id, bytes(row[0]))

    def _opened(self, kind: Kind, id: bytes, value: bytes) -> bytes:
        if self._key is None:
            return value
        try:
            return open_value_untrusted(self._key, _context(kind, id), value)
        except WireError:
            raise ProfileError(
                f"an item of the profile in {self.folder} was altered",
                next="restore the folder from a backup, or erase it and start anew",
            ) from None

    def close(self) -> None:
        """Release the profile for other processes."""
        self._database.close()
        self._key = None
        self._lock.close()


def erase(folder: Path) -> int:
    """Overwrite and remove a profile's files; return how many there were.

    What this cannot promise: copies that the disk's firmware (wear levelling), a copy-on-write
    or journalling file system, snapshots, backups or swap have made.
    """
    if not (folder / DATABASE).exists():
        raise UsageError(f"there is no profile in {folder}", next="check --profile")
    lock = _take_lock(folder / LOCK)
    try:
        files = [path for path in folder.iterdir() if path.name.startswith("profile.")]
        for path in files:
            _overwrite(path)
            path.unlink()
    finally:
        lock.close()
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    if not any(folder.iterdir()):
        folder.rmdir()
    return len(files)


def _overwrite(path: Path) -> None:
    with path.open("r+b", buffering=0) as file:
        remaining = path.stat().st_size
        while remaining > 0:
            remaining -= file.write(secrets.token_bytes(min(remaining, 1 << 16)))
        os.fsync(file.fileno())


def _context(kind: Kind, id: bytes) -> bytes:
    return kind.encode() + b"\0" + id


def _take_lock(path: Path) -> IO[str]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    lock = os.fdopen(descriptor, "r+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise ProfileError(
            f"another hamseda process is using the profile in {path.parent}",
            next="stop that process, or give another folder with --profile",
        ) from None
    return lock


def _open_database(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        database.executescript(
            "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=EXTRA; PRAGMA secure_delete=ON;"
            "PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY;"
        )
        if database.execute("PRAGMA user_version").fetchone()[0] == 0:
            database.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version={VERSION};COMMIT;")
    except sqlite3.Error as error:
        database.close()
        raise ProfileError(
            f"{path} is not a profile of hamseda: {error}",
            next="restore it from a backup, or give another folder with --profile",
        ) from None
    return database
