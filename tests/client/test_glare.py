"""Two people call each other in the same moment; or one of them only seems to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hamseda.client import calling
from hamseda.client.events import Answered, Ended, Missed
from hamseda.transport.audio_source import DeafSink, SilentSource
from hamseda.wire.mailbox import Put
from hamseda.wire.status import Status
from tests.client.memory_home import MemoryHome
from tests.client.people import all_of, befriend, both, next_event, person, until
from tests.fakes import run


class Keeping(MemoryHome):
    """Be a home that keeps what it should deliver, when it `keeps`."""

    def __init__(self) -> None:
        super().__init__()
        self.keeps = False
        self.kept: list[Put] = []

    def _put(self, request: Put) -> tuple[Status, bytes | None]:
        if not self.keeps:
            return super()._put(request)
        self.kept.append(request)
        return Status.OK, None


def theirs_wins(_: bytes, __: bytes) -> bool:
    """Judge two offers."""
    return True


def test_both_call_at_once_and_talk(tmp_path: Path) -> None:
    """Whoever yields asks first, and hears within a moment that the other one is there."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            one, other = await both(
                ali.call("bahar", SilentSource(), DeafSink()),
                bahar.call("ali", SilentSource(), DeafSink()),
            )
            seen = await both(until(one, Answered), until(other, Answered))
            for events in seen:
                assert isinstance(events[-1], Answered)
            one.hang_up()
            await both(all_of(one), all_of(other))

    run(main())


def test_an_offer_that_the_home_kept_does_not_answer_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ali called and gave up; hours later Bahar calls him, and the home brings his old offer.

    Her phone once said "answered" and opened the microphone, and her own offer was gone.
    """
    # Which of two offers wins is a matter of their hashes; here it is always the old one.
    monkeypatch.setattr(calling, "offer_wins", theirs_wins)

    async def main() -> None:
        home = Keeping()
        async with person(tmp_path / "b", home) as bahar:
            async with person(tmp_path / "a", home) as ali:
                await befriend(home, ali, bahar, "ali", "bahar")
                home.keeps = True
                called = await ali.call("bahar", SilentSource(), DeafSink())
                await asyncio.sleep(1)
                called.hang_up()
                await all_of(called)
            offer = home.kept[0]
            out = await bahar.call("ali", SilentSource(), DeafSink())
            await asyncio.sleep(1)
            home.drop_in(offer.mailbox, offer.envelope)
            events = await all_of(out)
            assert not any(isinstance(event, Answered) for event in events)
            # Her own offer stood to the end.
            assert isinstance(events[-1], Ended)
            assert events[-1].reason == "away"
            await next_event(bahar, Missed)

    run(main())
