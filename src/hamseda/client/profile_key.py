"""Keep the key of a profile's items in a file that is only ever rewritten in place.

`profile.key` has two blocks of 4 KiB. One holds the key record (crypto/profile_lock.py), the other
zeros. A new passphrase is written into the blank block and synced; then the old block is blanked
and synced. Whatever a crash or a torn write leaves, at least one block holds a whole record: before
the first sync the old one, after it the new one. Between the two both passphrases open, and the
first that is used stays (ADR 0022).

Two whole blocks, because a file that is smaller than a block can be kept inside the directory's
own structures and go through the file system's journal, and because a disk writes no less.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from hamseda.crypto.profile_lock import (
    DEFAULT_COST,
    KEY_RECORD_SIZE,
    LockedKey,
    key_record,
    parse_key_record_untrusted,
)
from hamseda.errors import ProfileError, UsageError, WireError

KEY = "profile.key"
BLOCK = 4096
COST = DEFAULT_COST
"""What a guess at a new passphrase costs; tests make it cheap."""
_SLOTS = (0, 1)

Passphrase: TypeAlias = str | Callable[[], str | None] | None
"""A passphrase, or whom to ask for it where one is needed; None where there is none."""


class KeyFile:
    """Be the key file of one profile, for the process that holds the profile's lock."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / KEY
        self._live = 0
        self.is_locked = False

    def exists(self) -> bool:
        """Tell whether there is one."""
        return self._path.exists()

    def create(self, key: bytes, passphrase: str | None) -> None:
        """Write a new one, complete or not at all; raises `OSError`."""
        fresh = self._path.with_name(f"{KEY}.new")
        record = key_record(key, passphrase, secrets.token_bytes, COST)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(record.ljust(BLOCK * len(_SLOTS), b"\0"))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        sync_folder(self._path.parent)
        self._live, self.is_locked = 0, passphrase is not None

    def open(self, passphrase: Passphrase) -> bytes:
        """Give the profile key, and finish a change of passphrase that was cut off."""
        found = self._records()
        slot, key = self._opened(found, passphrase)
        self._live, self.is_locked = slot, isinstance(found[slot], LockedKey)
        for other in found.keys() - {slot}:
            self._write(other, b"")
        return key

    def rewrite(self, key: bytes, passphrase: str | None) -> None:
        """Put the key under another passphrase, or (None) none, and blank the old record."""
        fresh = 1 - self._live
        self._write(fresh, key_record(key, passphrase, secrets.token_bytes, COST))
        self._write(self._live, b"")
        self._live, self.is_locked = fresh, passphrase is not None

    def _records(self) -> dict[int, bytes | LockedKey]:
        content = self._path.read_bytes()
        found: dict[int, bytes | LockedKey] = {}
        for slot in _SLOTS:
            record = content[slot * BLOCK : slot * BLOCK + KEY_RECORD_SIZE]
            try:
                found[slot] = parse_key_record_untrusted(record)
            except WireError:
                continue
        if not found:
            raise ProfileError(
                f"{self._path} is damaged, and nothing opens the profile without it",
                next="restore the whole folder from a backup, or erase it and start anew",
            )
        return found

    def _opened(
        self, found: dict[int, bytes | LockedKey], passphrase: Passphrase
    ) -> tuple[int, bytes]:
        clear = [(slot, key) for slot, key in found.items() if isinstance(key, bytes)]
        locked = [(slot, lock) for slot, lock in found.items() if isinstance(lock, LockedKey)]
        given = passphrase if isinstance(passphrase, str) else None
        if clear and (given is None or not locked):
            if given is not None:
                raise UsageError(
                    "this profile has no passphrase",
                    next="leave the passphrase out, or set one with `hamseda passphrase`",
                )
            return clear[0]
        given = asked(passphrase)
        for slot, lock in locked:
            try:
                return slot, lock.open_untrusted(given)
            except WireError:
                continue
        raise does_not_open()

    def _write(self, slot: int, record: bytes) -> None:
        with self._path.open("r+b", buffering=0) as file:
            os.pwrite(file.fileno(), record.ljust(BLOCK, b"\0"), slot * BLOCK)
            os.fsync(file.fileno())


def asked(passphrase: Passphrase) -> str:
    """Give the passphrase that is needed; without one raise `ProfileError`."""
    given = passphrase() if callable(passphrase) else passphrase
    if given is None:
        raise ProfileError(
            "this profile is locked with a passphrase",
            next="give it in the environment variable HAMSEDA_PASSPHRASE, or at a terminal",
        )
    return given


def does_not_open() -> ProfileError:
    """Say that a passphrase is the wrong one."""
    return ProfileError("the passphrase does not open this profile", next="try it again")


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
