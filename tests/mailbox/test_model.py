"""Any order of requests does what a dictionary would do."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hamseda.mailbox import envelopes, mailboxes
from hamseda.mailbox.limits import DAY, Limits
from hamseda.mailbox.schema import open_writer
from hamseda.mailbox.sweep import sweep
from hamseda.mailbox.transaction import Transaction
from hamseda.wire.status import Status
from tests.mailbox.desk import BOX, CAP, CAP_HASH, NOW, OTHER, READ_PK, put_id

LIMITS = Limits(mailbox_envelopes=3, mailbox_bytes=12, mailbox_writers=1)
BOXES = st.sampled_from([BOX, OTHER])


@dataclass
class Writer:
    """Remember which numbers one writer's puts had, and until when."""

    expires: int
    taken: set[int] = field(default_factory=set[int])


@dataclass
class Model:
    """Remember what one mailbox should hold: seq -> (arrived, envelope), writer -> its puts."""

    waiting: dict[int, tuple[int, bytes]] = field(default_factory=dict[int, tuple[int, bytes]])
    writers: dict[int, Writer] = field(default_factory=dict[int, Writer])
    next_seq: int = 1


class StoreMachine(RuleBasedStateMachine):
    """Play requests to the store and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.tx = Transaction(open_writer(self.directory / "m.db", LIMITS), LIMITS)
        # What is synced is not the question here, and thousands of commits are made.
        self.tx.db.execute("PRAGMA synchronous = OFF")
        self.models: dict[bytes, Model] = {}
        self.now = NOW

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.tx.db.close()
        shutil.rmtree(self.directory)

    @rule(box=BOXES)
    def create(self, box: bytes) -> None:
        """Create a mailbox, or repeat it."""
        assert mailboxes.create(self.tx, box, READ_PK, CAP_HASH, self.now, None) is Status.OK
        self.models.setdefault(box, Model())

    @rule(
        box=BOXES,
        writer=st.integers(0, 2),
        number=st.integers(0, 3) | st.integers(60, 70),
        envelope=st.binary(min_size=1, max_size=6),
    )
    def put(self, box: bytes, writer: int, number: int, envelope: bytes) -> None:
        """Put an envelope, new or again."""
        answer = envelopes.put(self.tx, box, CAP, put_id(number, writer), envelope, self.now)
        model = self.models.get(box)
        if model is None:
            assert answer == (Status.REFUSED, None)
            return
        taken = model.writers[writer].taken if writer in model.writers else set[int]()
        if max(taken, default=number) - number > 64:
            assert answer == (Status.EXPIRED, None)
        elif number in taken:
            assert answer == (Status.OK, envelopes.KNOWN)
        elif len(model.waiting) >= 3 or self.size(model) + len(envelope) > 12:
            assert answer == (Status.FULL, None)
        elif writer not in model.writers and len(model.writers) >= 2:
            # One in the mailbox's own row, one beside it.
            assert answer == (Status.QUOTA, None)
        else:
            assert answer == (Status.OK, None)
            known = model.writers.setdefault(writer, Writer(0))
            known.taken.add(number)
            known.expires = -(-(self.now + 31 * DAY) // DAY) * DAY
            model.waiting[model.next_seq] = (self.now, envelope)
            model.next_seq += 1

    @rule(box=BOXES, seqs=st.lists(st.integers(0, 9), max_size=4))
    def ack(self, box: bytes, seqs: list[int]) -> None:
        """Acknowledge numbers, known or not."""
        assert envelopes.ack(self.tx, box, seqs) is Status.OK
        if box in self.models:
            for seq in seqs:
                self.models[box].waiting.pop(seq, None)

    @rule(box=BOXES)
    def close(self, box: bytes) -> None:
        """Close a mailbox, there or not."""
        assert mailboxes.close(self.tx, box) is Status.OK
        self.models.pop(box, None)

    @rule(days=st.integers(1, 12))
    def wait(self, days: int) -> None:
        """Let days pass and sweep; owners come by often enough to keep their mailboxes."""
        self.now += days * DAY
        for box in self.models:
            assert mailboxes.touch(self.tx, box, self.now) is Status.OK
        while sweep(self.tx, self.now):
            pass
        for model in self.models.values():
            model.writers = {n: w for n, w in model.writers.items() if w.expires > self.now}
            model.waiting = {
                seq: (arrived, envelope)
                for seq, (arrived, envelope) in model.waiting.items()
                if arrived + 30 * DAY > self.now
            }

    @invariant()
    def what_waits_is_what_should(self) -> None:
        """Compare all that a reader could see."""
        for box in (BOX, OTHER):
            model = self.models.get(box, Model())
            page = envelopes.pending(self.tx, box, 0, 100, self.now)
            assert [(item.seq, item.age_s, item.envelope) for item in page] == [
                (seq, self.now - arrived, envelope)
                for seq, (arrived, envelope) in sorted(model.waiting.items())
            ]

    @staticmethod
    def size(model: Model) -> int:
        """Add up what waits."""
        return sum(len(envelope) for _, envelope in model.waiting.values())


StoreMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestStoreLikeADictionary = StoreMachine.TestCase
