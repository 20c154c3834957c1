"""Start the command line: the smallest module, so that an early Ctrl-C ends it without a word.

Python takes a second to import the commands on a busy machine; its own answer to Ctrl-C in that
time would be a traceback.
"""

from __future__ import annotations

import signal


def main() -> int:
    """Import the commands and run the one that was asked for."""
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from hamseda.cli.main import main as run  # noqa: PLC0415 - the slow part

    if is_ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return run()
