"""Keep one person's keys, contacts and unsent envelopes in a folder, durably and for one process.

A profile is a folder (0700) of three files (0600): `profile.db`, a SQLite file of items, each
sealed under the profile key; `profile.key`, which holds that key, in clear or under a passphrase;
and `profile.lock`, which one process at a time holds. Without a passphrase only the file mode
guards them. A commit is on disk before `transaction` returns: what leaves the device was stored
before (spec/ratchet.md §3).
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO

from hamseda.client.profile_file import (
    DATABASE,
    LOCK,
    VERSION,
    blank_journal,
    erase,
    open_database,
    take_lock,
)
from hamseda.client.profile_key import KeyFile, Passphrase, asked, does_not_open
from hamseda.crypto.aead import KEY_SIZE
from hamseda.crypto.profile_lock import argon2id, open_value_untrusted, seal_value
from hamseda.errors import ProfileError, UsageError, WireError

__all__ = ["DATABASE", "LOCK", "Kind", "Profile", "Transaction", "erase"]

_SCHEMA = """
CREATE TABLE items (
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
"""
_FORMER_PROOF = b"hamseda profile"


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

    def __init__(self, database: sqlite3.Connection, key: bytes) -> None:
        self._database = database
        self._key = key

    def put(self, kind: Kind, id: bytes, value: bytes) -> None:
        """Write one item, replacing what stood there."""
        stored = seal_value(self._key, _context(kind, id), value, secrets.token_bytes)
        self._database.execute(
            "INSERT OR REPLACE INTO items (kind, id, value) VALUES (?, ?, ?)", (kind, id, stored)
        )

    def delete(self, kind: Kind, id: bytes) -> None:
        """Remove one item; its bytes are overwritten in the file."""
        self._database.execute("DELETE FROM items WHERE kind = ? AND id = ?", (kind, id))


class Profile:
    """Be the open profile of one process.

    `open` raises `ProfileError` when another process has it, when the passphrase is wrong or
    missing, when a newer hamseda wrote it, or when a file is damaged.
    """

    def __init__(
        self,
        folder: Path,
        database: sqlite3.Connection,
        lock: IO[str],
        key_file: KeyFile,
        key: bytes,
    ) -> None:
        self.folder = folder
        self._database = database
        self._lock = lock
        self._key_file = key_file
        self._key = key

    @classmethod
    def open(cls, folder: Path, *, passphrase: Passphrase = None) -> Profile:
        """Open the profile in `folder`, making it when there is none."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = take_lock(folder)
        except OSError as error:
            raise ProfileError(
                f"{folder} cannot be the folder of a profile: {error.strerror}",
                next="give a folder that you may write to with --profile",
            ) from None
        database = None
        try:
            database, version = open_database(folder)
            key_file = KeyFile(folder)
            with _failures_told(folder):
                key = _unlocked(database, version, key_file, passphrase)
                blank_journal(folder)
        except BaseException:
            if database is not None:
                database.close()
            lock.close()
            raise
        return cls(folder, database, lock, key_file, key)

    @property
    def is_locked(self) -> bool:
        """Tell whether a passphrase locks it."""
        return self._key_file.is_locked

    def relock(self, passphrase: str | None) -> None:
        """Lock it with a passphrase, with another one, or (None) no more; no item is touched."""
        with _failures_told(self.folder):
            self._key_file.rewrite(self._key, passphrase)

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """Collect changes and commit them durably at the end; an exception undoes them all."""
        with _failures_told(self.folder):
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                yield Transaction(self._database, self._key)
            blank_journal(self.folder)

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
        return _opened(self._key, _context(kind, id), value)

    def close(self) -> None:
        """Release the profile for other processes."""
        self._database.close()
        self._lock.close()


def _unlocked(
    database: sqlite3.Connection, version: int, key_file: KeyFile, passphrase: Passphrase
) -> bytes:
    """Give the profile key; a new profile gets one, and so does one of an earlier version."""
    if version == 1:
        return _migrated(database, key_file, passphrase)
    if key_file.exists():
        key = key_file.open(passphrase)
    elif version == 0:
        key = secrets.token_bytes(KEY_SIZE)
        key_file.create(key, passphrase if isinstance(passphrase, str) else None)
    else:
        raise ProfileError(
            "profile.key is missing, and nothing opens the profile without it",
            next="restore the whole folder from a backup, or erase it and start anew",
        )
    if version == 0:
        database.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version={VERSION};COMMIT;")
    return key


def _migrated(database: sqlite3.Connection, key_file: KeyFile, passphrase: Passphrase) -> bytes:
    """Seal all items of a profile of version 1 under a key of their own.

    There the items lay in clear, or under a key that was made of the passphrase. The key file is
    on disk before the one transaction that needs it; after a crash before that, it is made anew.
    """
    meta = dict[str, bytes](database.execute("SELECT name, value FROM meta"))
    former, given = None, passphrase if isinstance(passphrase, str) else None
    if "salt" in meta:
        given = asked(passphrase)
        former = argon2id(given, meta["salt"])
        try:
            open_value_untrusted(former, _FORMER_PROOF, meta.get("proof", b""))
        except WireError:
            raise does_not_open() from None
    elif given is not None and "version" in meta:
        raise UsageError(
            "this profile has no passphrase",
            next="leave the passphrase out, or set one with `hamseda passphrase`",
        )
    key = secrets.token_bytes(KEY_SIZE)
    key_file.create(key, given)
    with database:
        database.execute("BEGIN IMMEDIATE")
        rows = database.execute("SELECT kind, id, value FROM items").fetchall()
        database.execute("DROP TABLE items")
        database.execute("DROP TABLE meta")
        database.execute(_SCHEMA)
        for kind, id, value in rows:
            context = _context(kind, id)
            clear = value if former is None else _opened(former, context, value)
            stored = seal_value(key, context, clear, secrets.token_bytes)
            database.execute("INSERT INTO items VALUES (?, ?, ?)", (kind, id, stored))
        database.execute(f"PRAGMA user_version={VERSION}")
    return key


def _opened(key: bytes, context: bytes, value: bytes) -> bytes:
    try:
        return open_value_untrusted(key, context, value)
    except WireError:
        raise ProfileError(
            "an item of the profile was altered",
            next="restore the folder from a backup, or erase it and start anew",
        ) from None


@contextmanager
def _failures_told(folder: Path) -> Generator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise ProfileError(
            f"the profile in {folder} could not be written: {error}",
            next="check that the disk is not full and the folder is writable",
        ) from None


def _context(kind: str, id: bytes) -> bytes:
    return kind.encode() + b"\0" + id
