"""Answer questions for names: the operator's resolver.

Usage: python -m hamseda_lab.resolver ADDRESS NAME=ADDRESS... (prints a line when it listens)
"""

import socket
import sys
from collections.abc import Mapping
from typing import Final

from hamseda_lab.parsers.dns import A, Question, answer, no_answer, parse_question_untrusted

PORT: Final = 53
_LONGEST: Final = 512


def respond(question: Question, names: Mapping[str, str]) -> bytes:
    """Write the answer to a question: an address, nothing, or that there is no such name."""
    address = names.get(question.name)
    if address is None:
        return no_answer(question, exists=False)
    return answer(question, address) if question.kind == A else no_answer(question, exists=True)


def serve(address: str, names: Mapping[str, str]) -> None:
    """Answer until killed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind((address, PORT))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            payload, whose = listening.recvfrom(_LONGEST)
            question = parse_question_untrusted(payload)
            if question is not None:
                listening.sendto(respond(question, names), whose)


if __name__ == "__main__":
    serve(sys.argv[1], dict(each.split("=", 1) for each in sys.argv[2:]))
