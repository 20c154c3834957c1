"""List everything that a home's data folder holds, and say what of it is personal (design §3).

The list is closed: a file, table, column or counter that this page does not know is reported as
unknown, so that nothing can be added to a home without being declared here.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hamseda.errors import ConfigError, StoreError
from hamseda.mailbox.counters import Counter
from hamseda.mailbox.limits import Limits
from hamseda.mailbox.schema import MIGRATIONS, migrate
from hamseda.mailbox.sweep import counts
from hamseda.mailbox.transaction import Transaction
from hamseda.serve.certificates import TLS_NAME
from hamseda.serve.files import LOCK_NAME
from hamseda.serve.fronts import FRONTS_NAME
from hamseda.serve.home import STORE_NAME
from hamseda.serve.identity import DESCRIPTOR_NAME
from hamseda.serve.keys import KEY_NAME


@dataclass(frozen=True, slots=True)
class Holding:
    """Describe one kind of datum that is held."""

    kind: str
    what: str
    count: int
    size: int
    """Bytes."""
    retention: str


@dataclass(frozen=True, slots=True)
class Personal:
    """Answer for one kind of personal data."""

    kind: str
    is_held: bool
    why: str


@dataclass(frozen=True, slots=True)
class Audit:
    """Hold a whole audit."""

    holdings: tuple[Holding, ...]
    unknown: tuple[str, ...]
    """What nobody declared: names of files, tables, columns, counters."""


FILES: Final[dict[str, tuple[str, str]]] = {
    KEY_NAME: ("the home's own secret keys and its door", "as long as the home"),
    DESCRIPTOR_NAME: ("the home's own signed description", "a year, then made again"),
    TLS_NAME: ("the home's own self-signed certificate", "about a year, then made again"),
    FRONTS_NAME: ("addresses and public keys of the fronts that were admitted", "until removed"),
    LOCK_NAME: ("nothing; it is locked while the server runs", "as long as the home"),
    STORE_NAME: ("the database of the kinds below", "see there"),
    STORE_NAME + "-wal": (
        "the newest writes of that database, fetched envelopes among them",
        "an hour at most, while the server runs",
    ),
    STORE_NAME + "-shm": ("the index of those writes", "while the server runs"),
}
DRAFTS: Final = frozenset(
    f"{name}.new" for name in (KEY_NAME, DESCRIPTOR_NAME, TLS_NAME, FRONTS_NAME)
)

TABLES: Final[dict[str, tuple[str, str]]] = {
    "mailboxes": (
        "random ids, public read keys, hashes of write capabilities, totals, a writer's numbers",
        "26 weeks after the last use, in whole weeks (mailbox_weeks)",
    ),
    "envelopes": (
        "sealed, padded messages and the second they came",
        "until fetched, at most 30 days (envelope_days)",
    ),
    "writers": (
        "random names of a mailbox's further writers and the numbers of their last puts",
        "31 days after the last put, in whole days (envelope_days + 1)",
    ),
    "bundles": (
        "sealed invitations, or the one word of what became of them",
        "until used, cancelled or expired; the word 30 days longer",
    ),
    "vouchers": ("hashes of spent permissions for one mailbox", "37 days, in whole days"),
    "counters": ("totals over all people", "as long as the home"),
}

PERSONAL: Final[tuple[Personal, ...]] = (
    Personal("phone number", False, "Nobody is asked for one."),
    Personal("name", False, "Names of contacts exist in people's own profiles only."),
    Personal("address book", False, "Contacts exist in people's own profiles only."),
    Personal("photographs", False, "There are none in this system."),
    Personal("place of work", False, "Nobody is asked for it."),
    Personal("place of residence", False, "Nobody is asked for it."),
    Personal("calendar", False, "There is none in this system."),
    Personal(
        "message contents",
        False,
        "Envelopes are held sealed until they are fetched; the home never has their keys.",
    ),
    Personal(
        "contact graph",
        False,
        "Not stored: a mailbox does not say who writes into it. A home that was changed to record"
        " could see which lines talk to each other.",
    ),
    Personal("group and channel membership", False, "There are no groups and no channels."),
    Personal(
        "network addresses",
        False,
        "Not on disk and not in logs. In memory while connected, and hashed as a prefix under a"
        " key that dies with the process.",
    ),
    Personal("device identifiers", False, "Devices have none here; a mailbox id is random."),
    Personal("location", False, "Nobody is asked for it, and no address is stored."),
    Personal(
        "call log",
        False,
        "A call is a room in memory that leaves only totals of frames. Its sealed messages lie"
        " here until they are fetched.",
    ),
    Personal(
        "times online",
        True,
        "Coarsely: a mailbox's expiry tells the week of its last use, an unfetched envelope the"
        " second it came, a resend mark or an invitation the day. No mailbox names a person.",
    ),
    Personal("payment data", False, "Nothing is sold here."),
)


def audit(data: Path) -> Audit:
    """Look through a data folder, while the server runs or not, and change nothing.

    Raise `ConfigError` when there is no such folder, `StoreError` when the database cannot be read.
    """
    if not data.is_dir():
        raise ConfigError(f"there is no data folder {data}", next="name it with --data")
    holdings: list[Holding] = []
    unknown: list[str] = []
    for path in sorted(data.rglob("*")):
        name = str(path.relative_to(data))
        if name in DRAFTS and path.is_file():
            what, retention = "a file that was being written when the server died", "next start"
        elif name in FILES and path.is_file():
            what, retention = FILES[name]
        else:
            unknown.append(f"file {name}")
            continue
        holdings.append(Holding(f"file {name}", what, 1, path.stat().st_size, retention))
    store = data / STORE_NAME
    if store.is_file():
        try:
            tables, surprises = _database(store)
        except sqlite3.Error as error:
            raise StoreError(f"cannot read {store}: {error}") from error
        holdings += tables
        unknown += surprises
    return Audit(tuple(holdings), tuple(unknown))


def _database(path: Path) -> tuple[list[Holding], list[str]]:
    # Without a log of newer writes nobody has it open; SQLite would otherwise make such files.
    is_at_rest = not path.with_name(path.name + "-wal").exists()
    how = "immutable=1" if is_at_rest else "mode=ro"
    db = sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True, isolation_level=None)
    try:
        db.execute("BEGIN")
        unknown = _surprises(db)
        if any(name.startswith("schema") for name in unknown):
            return [], unknown
        held = counts(Transaction(db, Limits()))
        names = [name for (name,) in db.execute("SELECT name FROM counters")]
    finally:
        db.close()
    known = {counter.value for counter in Counter}
    unknown += [f"counter {name}" for name in names if name not in known]
    tables = [
        Holding(f"table {kind.kind}", TABLES[kind.kind][0], kind.count, kind.bytes,
                TABLES[kind.kind][1])
        for kind in held
    ]  # fmt: skip
    return tables, unknown


def _surprises(db: sqlite3.Connection) -> list[str]:
    """Compare the schema, to the letter, with the one that this release writes."""
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if not 1 <= version <= len(MIGRATIONS):
        return [f"schema version {version}"]
    model = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(model, MIGRATIONS[:version])
        expected = _schema(model)
    finally:
        model.close()
    found = _schema(db)
    surprises = [f"{kind} {name}" for kind, name, _ in sorted(found - expected)]
    missing = sorted(expected - found)
    surprises += [f"schema without {kind} {name}" for kind, name, _ in missing]
    return surprises


def _schema(db: sqlite3.Connection) -> set[tuple[str, str, str]]:
    rows = db.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master").fetchall()
    return {(str(kind), str(name), str(sql)) for kind, name, sql in rows}
