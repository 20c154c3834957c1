"""Run coroutines on a clock that jumps: hours of waiting take no time, and every run is alike."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _JumpingSelector(selectors.SelectSelector):
    """Instead of waiting for the network, move the clock to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return at once, later."""
        if timeout is None:
            raise RuntimeError("nothing is going to happen any more: this test waits for ever")
        self.now += max(0.0, timeout)
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """Be an event loop without a real clock. Sockets and threads do not belong into it."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Give the seconds since the loop was made."""
        return self._jumping.now


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run one coroutine to its end, at once."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main)
