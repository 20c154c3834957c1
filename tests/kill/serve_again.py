"""Be `hamseda serve` a hundred times over: import it once, then fork for every start.

Importing takes a second, and in that second nothing could be killed that matters. Each line of
standard input is a JSON list of arguments of `hamseda`; standard output tells `pid` at a start and
`status` at an end, and between them what the command prints.
"""

import json
import os
import signal
import sys

from hamseda.cli.main import main

LIFETIME = 300
"""Seconds after which a home ends that its test, itself killed, could not end."""


def say(**fields: int) -> None:
    """Print one JSON object."""
    print(json.dumps(fields), flush=True)


def run() -> None:
    """Start and outlive one home after another, until standard input ends."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.alarm(LIFETIME)
            say(pid=os.getpid())
            sys.exit(main(json.loads(line)))
        _, status = os.waitpid(child, 0)
        say(status=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    run()
