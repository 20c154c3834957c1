"""A line is given up when it is dead, and not because its path is narrow."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from hamseda.client.connection import Connection
from hamseda.errors import NetworkError
from hamseda.wire.line import Reply
from hamseda.wire.status import Status
from tests.fakes import run

PATIENCE = 1.5


class _Socket:
    """Carry so many bytes a second until it freezes, or tell nothing."""

    def __init__(self, freezes_at: float | None) -> None:
        self._freezes_at = freezes_at

    def progress(self) -> int | None:
        """Count the bytes so far."""
        now = asyncio.get_running_loop().time()
        return None if self._freezes_at is None else int(100 * min(now, self._freezes_at))

    def abort(self) -> None:
        """End."""


def waited(*, freezes_at: float | None, answers_at: float) -> tuple[float, bool]:
    """Ask on such a connection; give for how long it was waited, and whether it went mute."""

    async def ask() -> Reply:
        await asyncio.sleep(answers_at)
        return Reply(1, Status.OK)

    async def main() -> tuple[float, bool]:
        socket, nothing = cast("Any", _Socket(freezes_at)), cast("Any", None)
        live = Connection(socket, nothing, nothing, nothing, 0.0)
        try:
            await live.answered(asyncio.create_task(ask()), PATIENCE)
        except NetworkError:
            assert live.is_mute
        return asyncio.get_running_loop().time(), live.is_mute

    return run(main())


def test_a_line_on_which_bytes_still_go_may_take_its_time() -> None:
    """On 24 kbit/s a new line costs three seconds of speech, and is as narrow as the old one."""
    assert waited(freezes_at=100.0, answers_at=4.0) == (4.0, False)


@pytest.mark.parametrize("freezes_at", [0.0, None])
def test_a_line_that_shows_no_sign_is_given_up_soon(freezes_at: float | None) -> None:
    """A call must not wait for what is dead, or for what this system cannot see."""
    assert waited(freezes_at=freezes_at, answers_at=4.0) == (PATIENCE, True)


def test_a_line_that_freezes_meanwhile_is_given_up_then() -> None:
    """Signs of life count for as long as they come."""
    assert waited(freezes_at=2.0, answers_at=9.0) == (3 * PATIENCE, True)
