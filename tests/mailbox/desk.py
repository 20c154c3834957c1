"""Set up mailboxes for tests: ids and capabilities that are easy to tell apart."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from hamseda.mailbox import mailboxes
from hamseda.mailbox.limits import DAY, WEEK, Limits
from hamseda.mailbox.schema import open_writer
from hamseda.mailbox.transaction import Transaction
from hamseda.wire.status import Status

NOW = 2900 * WEEK + 3 * DAY + 12345
BOX = b"mailbox of test "
OTHER = b"another mailbox "
CAP = b"capability".ljust(32, b".")
CAP_HASH = sha256(CAP).digest()
READ_PK = b"read key".ljust(32, b".")


def put_id(number: int, writer: int = 0) -> bytes:
    """Make a put id: numbers count from 0 here, and from 1 on the wire."""
    return writer.to_bytes(8, "big") + (number + 1).to_bytes(8, "big")


def fresh_put_id() -> bytes:
    """Make a put id of a writer that writes once."""
    return put_id(0, int.from_bytes(secrets.token_bytes(8), "big"))


@contextmanager
def desk(directory: Path, limits: Limits | None = None) -> Generator[Transaction]:
    """Open a database without its threads, with one mailbox, and run requests at once."""
    limits = limits or Limits()
    db = open_writer(directory / "mailbox.db", limits)
    tx = Transaction(db, limits)
    assert mailboxes.create(tx, BOX, READ_PK, CAP_HASH, NOW, None) is Status.OK
    try:
        yield tx
    finally:
        db.close()
