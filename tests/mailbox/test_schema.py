"""The database file: private, durable, and brought forward step by step."""

import sqlite3
import stat
from pathlib import Path

import pytest

from hamseda.errors import StoreError
from hamseda.mailbox.limits import Limits
from hamseda.mailbox.schema import MIGRATIONS, migrate, open_reader, open_writer
from tests.mailbox.desk import desk

HELD = {
    "mailboxes": "id read_pk cap_hash expires next_seq held held_bytes"
    " writer put_high put_seen put_expires",
    "envelopes": "number mailbox seq arrived expires envelope",
    "writers": "mailbox writer high seen expires",
    "bundles": "id mailbox blob state expires",
    "vouchers": "hash expires",
    "counters": "name value",
}
"""All that a home stores. A new word here is a new datum about somebody: see the threat model."""


def columns(db: sqlite3.Connection) -> dict[str, str]:
    """Return every table with its columns."""
    tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        table: " ".join(row[1] for row in db.execute(f"PRAGMA table_info({table})"))
        for (table,) in tables
    }


def test_nothing_else_is_stored(tmp_path: Path) -> None:
    """The promise of a home is what it does not know."""
    with desk(tmp_path) as tx:
        assert columns(tx.db) == HELD


def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    """Other accounts of the machine are no part of the home, the log file included."""
    old = tmp_path / "mailbox.db"
    old.touch(mode=0o644)
    with desk(tmp_path):
        files = sorted(tmp_path.iterdir())
        assert [file.name for file in files] == ["mailbox.db", "mailbox.db-shm", "mailbox.db-wal"]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_an_acknowledgement_survives_a_power_cut(tmp_path: Path) -> None:
    """The settings behind the promise; tests/kill shows it for a killed process."""
    with desk(tmp_path) as tx:
        settings = {
            name: tx.db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "secure_delete")
        }
        assert settings == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    """Reads run beside the writer, so none of them may change anything."""
    with desk(tmp_path):
        reader = open_reader(tmp_path / "mailbox.db", Limits())
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("DELETE FROM mailboxes")
        reader.close()


@pytest.mark.parametrize("version", range(len(MIGRATIONS) + 1))
def test_every_older_schema_is_brought_forward(tmp_path: Path, version: int) -> None:
    """An upgrade keeps all data, whichever release wrote it."""
    path = tmp_path / "mailbox.db"
    old = sqlite3.connect(path, isolation_level=None)
    migrate(old, MIGRATIONS[:version])
    assert old.execute("PRAGMA user_version").fetchone() == (version,)
    old.close()
    db = open_writer(path, Limits())
    assert columns(db) == HELD
    assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    db.close()


def test_a_step_that_fails_leaves_the_schema_before_it(tmp_path: Path) -> None:
    """A failed upgrade must not leave a file that neither release can read."""
    db = sqlite3.connect(tmp_path / "mailbox.db", isolation_level=None)
    with pytest.raises(sqlite3.Error):
        migrate(db, ("CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE a (x)"))
    assert columns(db) == {"a": "x"}
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    db.close()


def test_a_newer_schema_is_refused_with_the_next_step(tmp_path: Path) -> None:
    """Going back a release must say so instead of guessing at unknown tables."""
    path = tmp_path / "mailbox.db"
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer release") as caught:
        open_writer(path, Limits())
    assert "newer release" in caught.value.next
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {path.name: before}


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A wrong path must not be overwritten."""
    path = tmp_path / "mailbox.db"
    path.write_bytes(b"a letter to my sister" * 100)
    with pytest.raises(StoreError, match="cannot open"):
        open_writer(path, Limits())
    assert path.read_bytes() == b"a letter to my sister" * 100
