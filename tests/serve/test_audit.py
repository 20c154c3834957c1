"""What a home holds: all of it is declared, and a surprise is a failure."""

import asyncio
import secrets
import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest

from hamseda.cli.main import main
from hamseda.errors import ConfigError
from hamseda.mailbox.store import MailboxStore
from hamseda.serve.audit import PERSONAL, audit
from hamseda.serve.certificates import self_signed
from hamseda.serve.config import Settings
from hamseda.serve.files import locked
from hamseda.serve.home import STORE_NAME
from hamseda.serve.identity import endpoints, establish
from hamseda.serve.keys import load_or_create
from tests.mailbox.desk import fresh_put_id

NOW = 1_800_000_000
KINDS = (
    "phone number",
    "name",
    "address book",
    "photographs",
    "place of work",
    "place of residence",
    "calendar",
    "message contents",
    "contact graph",
    "group and channel membership",
    "network addresses",
    "device identifiers",
    "location",
    "call log",
    "times online",
    "payment data",
)


async def _use(path: Path, envelopes: int) -> None:
    async with await MailboxStore.open(path) as store:
        mailbox, cap = secrets.token_bytes(16), secrets.token_bytes(32)
        await store.create_mailbox(mailbox, bytes(32), sha256(cap).digest(), NOW)
        for _ in range(envelopes):
            await store.put(mailbox, cap, fresh_put_id(), bytes(4096), NOW)
        await store.put_bundle(bytes(16), mailbox, bytes(4112), NOW + 1000, NOW)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the folder of a home that was used and stopped."""
    with locked(tmp_path):
        keys = load_or_create(tmp_path)
        establish(tmp_path, keys, endpoints(Settings(), [8080], keys.door), NOW)
        self_signed(tmp_path, ("localhost",), NOW)
        asyncio.run(_use(tmp_path / STORE_NAME, envelopes=3))
    return tmp_path


def test_everything_is_declared_with_its_count_and_retention(data: Path) -> None:
    """An operator can answer anybody who asks what is kept, and for how long."""
    found = audit(data)
    assert found.unknown == ()
    held = {holding.kind: holding for holding in found.holdings}
    assert held["table envelopes"].count == 3
    assert held["table envelopes"].size >= 3 * 4096
    assert held["table mailboxes"].count == held["table bundles"].count == 1
    assert all(holding.retention and holding.what for holding in found.holdings)
    assert {f"file {path.name}" for path in data.iterdir()} <= set(held)


def test_sixteen_kinds_of_personal_data_are_answered() -> None:
    """Each has a yes or a no and one sentence, in the order in which they are asked for."""
    assert tuple(answer.kind for answer in PERSONAL) == KINDS
    assert all(answer.why.endswith(".") for answer in PERSONAL)
    assert [answer.kind for answer in PERSONAL if answer.is_held] == ["times online"]


def test_audit_changes_nothing(data: Path) -> None:
    """Looking must be safe, also while the server runs."""
    before = (data / STORE_NAME).read_bytes()
    with locked(data):
        audit(data)
    assert (data / STORE_NAME).read_bytes() == before


@pytest.mark.parametrize(
    ("change", "surprise"),
    [
        ("CREATE TABLE visits (address TEXT)", "table visits"),
        ("ALTER TABLE mailboxes ADD COLUMN last_address TEXT", "table mailboxes"),
        ("CREATE INDEX who ON envelopes (arrived, mailbox)", "index who"),
        ("CREATE TRIGGER spy AFTER INSERT ON envelopes BEGIN SELECT 1; END", "trigger spy"),
        ("CREATE VIEW all_of_it AS SELECT * FROM envelopes", "view all_of_it"),
        ("INSERT INTO counters VALUES ('seen 198.51.100.7', 1)", "counter seen 198.51.100.7"),
        ("PRAGMA user_version = 99", "schema version 99"),
    ],
)
def test_what_was_added_to_the_database_is_reported(data: Path, change: str, surprise: str) -> None:
    """A home that was changed to record something must not pass its own audit."""
    with sqlite3.connect(data / STORE_NAME) as db:
        db.execute(change)
    db.close()
    assert surprise in audit(data).unknown


def test_foreign_files_are_reported(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A log file beside the database is held, too; the exit status says that something is odd."""
    assert main(["audit", "--data", str(data)]) == 0
    assert "unknown" not in capsys.readouterr().out
    (data / "access.log").write_text("198.51.100.7", encoding="utf-8")
    (data / "old").mkdir()
    (data / "old" / "mailboxes.db").write_bytes(b"")
    assert audit(data).unknown == ("file access.log", "file old", "file old/mailboxes.db")
    assert main(["audit", "--data", str(data), "--json"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert sum('"event": "personal"' in line for line in lines) == len(KINDS)
    assert sum('"event": "unknown"' in line for line in lines) == 3


def test_folder_that_is_none_is_named(tmp_path: Path) -> None:
    """An empty answer to a mistyped folder would be a lie."""
    with pytest.raises(ConfigError, match="no data folder"):
        audit(tmp_path / "nowhere")
