"""Name the type of what argparse returns from `add_subparsers`; its own name for it is private."""

from __future__ import annotations

import argparse
from typing import Protocol


class Subparsers(Protocol):
    """Take commands in."""

    def add_parser(
        self,
        name: str,
        *,
        help: str,  # noqa: A002 - argparse's word
        description: str,
    ) -> argparse.ArgumentParser:
        """Add a command."""
        ...
