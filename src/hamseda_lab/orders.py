"""Say in JSON what the lab wants of its middlebox, and what that answers.

One message of a local packet socket is one order or one answer.
"""

import json
import socket
from collections.abc import Mapping
from typing import Any, Final, cast

from hamseda_lab.errors import LabError

LONGEST: Final = 65_536

Order = dict[str, Any]


def send(line: socket.socket, message: Mapping[str, object]) -> None:
    """Send one message."""
    line.send(json.dumps(message).encode())


def receive(line: socket.socket) -> Order | None:
    """Wait for one message; None: the other side is gone."""
    with_end = line.recv(LONGEST)
    return cast("Order", json.loads(with_end)) if with_end else None


def ask(line: socket.socket, order: str, **fields: object) -> Order:
    """Give an order and wait for the answer. Raise `LabError`."""
    try:
        send(line, {"order": order, **fields})
        answer = receive(line)
    except OSError as error:
        raise LabError(f"the middlebox does not answer: {error}") from error
    if answer is None:
        raise LabError("the middlebox has ended")
    if "error" in answer:
        raise LabError(f"the middlebox refused {order!r}: {answer['error']}")
    return answer
