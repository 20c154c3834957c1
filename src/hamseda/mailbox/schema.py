"""Open the store's database and bring it to the newest schema."""

import os
import sqlite3
from pathlib import Path
from typing import Final

from hamseda.errors import StoreError
from hamseda.mailbox.limits import Limits

# Measured by bench/store.py: with 4 KiB pages an envelope spills over, and small checkpoints write
# the same index pages again and again; both together cost a third of the throughput.
PAGE_BYTES: Final = 16 * 1024
CHECKPOINT_PAGES: Final = 64 * 1024 * 1024 // PAGE_BYTES
BUSY_MS: Final = 10_000

# Forward only. A published entry is never edited: a change is a new entry.
MIGRATIONS: Final[tuple[str, ...]] = (
    """
    -- WITHOUT ROWID: a row number would remember in which order people came.
    CREATE TABLE mailboxes (
        id         BLOB    NOT NULL PRIMARY KEY,
        read_pk    BLOB    NOT NULL,
        cap_hash   BLOB    NOT NULL,
        expires    INTEGER NOT NULL,            -- seconds, a whole week
        next_seq   INTEGER NOT NULL DEFAULT 1,
        held       INTEGER NOT NULL DEFAULT 0,  -- envelopes now
        held_bytes INTEGER NOT NULL DEFAULT 0,
        put_ids    INTEGER NOT NULL DEFAULT 0   -- rows of put_ids now
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX mailboxes_expires ON mailboxes (expires);

    CREATE TABLE envelopes (
        number   INTEGER PRIMARY KEY,
        mailbox  BLOB    NOT NULL,
        seq      INTEGER NOT NULL,
        arrived  INTEGER NOT NULL,              -- seconds
        expires  INTEGER NOT NULL,              -- seconds
        envelope BLOB    NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX envelopes_place ON envelopes (mailbox, seq);
    CREATE INDEX envelopes_expires ON envelopes (expires);

    -- One row per accepted put, fetched or not: a resend changes nothing. WITHOUT ROWID: the order
    -- of arrival, kept for a month, would show which two mailboxes answer each other.
    CREATE TABLE put_ids (
        mailbox BLOB    NOT NULL,
        put_id  BLOB    NOT NULL,
        expires INTEGER NOT NULL,               -- seconds, a whole day
        PRIMARY KEY (mailbox, put_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX put_ids_expires ON put_ids (expires);

    CREATE TABLE bundles (
        id      BLOB    NOT NULL PRIMARY KEY,
        mailbox BLOB,                           -- NULL once that mailbox is closed
        blob    BLOB,                           -- NULL once not open
        state   INTEGER NOT NULL,
        expires INTEGER NOT NULL                -- seconds, a whole day
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX bundles_mailbox ON bundles (mailbox);
    CREATE INDEX bundles_expires ON bundles (expires);

    CREATE TABLE vouchers (
        hash    BLOB    NOT NULL PRIMARY KEY,
        expires INTEGER NOT NULL                -- seconds, a whole day
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX vouchers_expires ON vouchers (expires);

    CREATE TABLE counters (
        name  TEXT    NOT NULL PRIMARY KEY,
        value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- Put numbers instead of a memory of put ids (ADR 0023). What was remembered goes: a resend of
    -- those days is dropped by its reader.
    DROP TABLE put_ids;
    ALTER TABLE mailboxes DROP COLUMN put_ids;
    ALTER TABLE mailboxes ADD COLUMN writer      BLOB;     -- NULL: nobody's
    ALTER TABLE mailboxes ADD COLUMN put_high    INTEGER;  -- the highest
    ALTER TABLE mailboxes ADD COLUMN put_seen    INTEGER;  -- 64 bits: the numbers below it
    ALTER TABLE mailboxes ADD COLUMN put_expires INTEGER;  -- seconds, a whole day
    CREATE INDEX mailboxes_put_expires ON mailboxes (put_expires) WHERE put_expires IS NOT NULL;

    -- The second and further writers of a mailbox.
    CREATE TABLE writers (
        mailbox BLOB    NOT NULL,
        writer  BLOB    NOT NULL,
        high    INTEGER NOT NULL,
        seen    INTEGER NOT NULL,
        expires INTEGER NOT NULL,               -- seconds, a whole day
        PRIMARY KEY (mailbox, writer)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX writers_expires ON writers (expires);
    """,
)


def open_writer(path: Path, limits: Limits) -> sqlite3.Connection:
    """Open the database for the writer thread: create it 0600, migrate it, make it durable.

    Raise `StoreError` when it cannot be opened or was written by a newer release.
    """
    try:
        _create_private(path)
        db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
        # Before anything is set: what a newer release wrote stays as it is.
        _version_known(db, len(MIGRATIONS))
        db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        db.execute("PRAGMA journal_mode = WAL")
        # FULL: an acknowledged envelope survives a power cut, not only a crash of the process.
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        db.execute(f"PRAGMA journal_size_limit = {CHECKPOINT_PAGES * PAGE_BYTES}")
        db.execute(f"PRAGMA max_page_count = {limits.database_bytes // PAGE_BYTES}")
        db.execute(f"PRAGMA cache_size = -{limits.cache_bytes // 1024}")
        migrate(db)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot open the mailbox store at {path}: {error}") from error
    return db


def open_reader(path: Path, limits: Limits) -> sqlite3.Connection:
    """Open an existing database for reading only. Raise `StoreError` when that fails."""
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
        db.execute("PRAGMA query_only = ON")
        db.execute(f"PRAGMA cache_size = -{limits.cache_bytes // 1024}")
    except sqlite3.Error as error:
        raise StoreError(f"cannot read the mailbox store at {path}: {error}") from error
    return db


def migrate(db: sqlite3.Connection, migrations: tuple[str, ...] = MIGRATIONS) -> None:
    """Apply what is missing, each step in a transaction of its own."""
    version = _version_known(db, len(migrations))
    for number, script in enumerate(migrations[version:], start=version + 1):
        try:
            # executescript() would commit before the script, not around it.
            db.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT")
        except sqlite3.Error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def _version_known(db: sqlite3.Connection, newest: int) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > newest:
        db.close()
        raise StoreError(
            f"a newer release wrote the mailbox store: schema {version}, this one knows {newest}",
            next="start the newer release, or restore the data directory from before the upgrade",
        )
    return version


def _create_private(path: Path) -> None:
    """Create the file for its owner alone; SQLite gives its -wal and -shm the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        # Not by descriptor: closing one would drop the POSIX locks of this process on the file.
        path.chmod(0o600)
        return
    directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
