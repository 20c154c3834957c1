"""Read DNS questions, and write answers to them."""

import ipaddress
import struct
from dataclasses import dataclass, field
from typing import Final

from hamseda.errors import WireError
from hamseda_lab.parsers.reader import Reader

A: Final = 1
_IN: Final = 1
_IS_ANSWER: Final = 0x8000
_HEADER: Final = 12


@dataclass(frozen=True, slots=True)
class Question:
    """Be the one question of a DNS message (RFC 1035 §4.1)."""

    id: int
    name: str
    """In lower case, without the dot at its end."""
    kind: int
    wire: bytes = field(repr=False)
    """The question as it was written."""


def parse_question_untrusted(payload: bytes) -> Question | None:
    """Read a query with one question; None: it is something else."""
    reader = Reader(payload)
    labels: list[str] = []
    try:
        id_, flags, questions = reader.number(2), reader.number(2), reader.number(2)
        if flags & _IS_ANSWER or questions != 1:
            return None
        reader.take(6)
        while (size := reader.number(1)) != 0:
            if size > 63:
                return None
            labels.append(reader.take(size).decode("latin-1").lower())
        kind, _ = reader.number(2), reader.number(2)
    except WireError:
        return None
    return Question(id_, ".".join(labels), kind, payload[_HEADER : reader.at])


def answer(question: Question, address: str, ttl: int = 60) -> bytes:
    """Write the answer that a name has this IPv4 address."""
    flags = 0x8180  # an answer without error, from a server that asks others
    head = struct.pack("!HHHHHH", question.id, flags, 1, 1, 0, 0)
    # 0xC00C points at the name in the question.
    record = struct.pack("!HHHIH", 0xC00C, A, _IN, ttl, 4)
    return head + question.wire + record + ipaddress.IPv4Address(address).packed


def no_answer(question: Question, *, exists: bool) -> bytes:
    """Write that a name has no such record, or that there is no such name."""
    flags = 0x8180 if exists else 0x8183
    return struct.pack("!HHHHHH", question.id, flags, 1, 0, 0, 0) + question.wire
