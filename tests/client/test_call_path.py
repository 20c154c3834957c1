"""A call on two lines: when one of them stands still, nobody hears it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hamseda.client.api import Client
from hamseda.client.call import Call
from hamseda.client.events import (
    Connected,
    Event,
    PathChanged,
    Quality,
    Recovered,
    RemoteMoved,
    Trouble,
)
from hamseda.wire.relay import Join
from hamseda.wire.status import Status
from tests.client.memory_home import Connection, MemoryHome
from tests.client.people import all_of, befriend, call_and_answer, person, until
from tests.fakes import run

OPENED = PathChanged("line", 0, "spare_opened")
CLOSED = PathChanged("line", 0, "spare_closed")
REOPENED = PathChanged("line", 0, "line_reopened")


class Talk:
    """Be a call of Ali and Bahar that is connected; `main` is Ali's line."""

    def __init__(self, home: MemoryHome, out: Call, incoming: Call, main: Connection) -> None:
        self.home = home
        self.out = out
        self.incoming = incoming
        self.main = main
        self.at_start = list(home.connections)

    def new_lines(self) -> list[Connection]:
        """List the connections that were opened after the call was, and live."""
        return [line for line in self.home.connections if line not in self.at_start]

    async def double(self) -> Connection:
        """Let Ali's side double, and give its spare line."""
        self.out.path.want_spare(True)
        await asyncio.sleep(1)
        assert self.out.path.is_doubled
        (spare,) = self.new_lines()
        return spare

    async def end(self) -> tuple[list[Event], list[Event]]:
        """Hang up; give what either side was told since the last look."""
        self.out.hang_up()
        assert await self.incoming.ended() == "remote_hangup"
        return await all_of(self.out), await all_of(self.incoming)


def talk(folder: Path, story: Callable[[Talk], Awaitable[None]], *fronts: str) -> None:
    """Let Ali and Bahar, who are in a call, live through a story.

    Their home has these endpoints besides its own.
    """

    async def main() -> None:
        home = MemoryHome()
        home.sign(home.host, *fronts)
        async with person(folder / "a", home) as ali:
            (main,) = (await opened(ali, home))[-1:]
            async with person(folder / "b", home) as bahar:
                await befriend(home, ali, bahar, "ali", "bahar")
                async with asyncio.timeout(1000):
                    out, incoming = await call_and_answer(ali, bahar, "bahar")
                    await until(out, Connected)
                    await until(incoming, Connected)
                    await story(Talk(home, out, incoming, main))

    run(main())


async def opened(client: Client, home: MemoryHome) -> list[Connection]:
    """Let a client open its line, and list all there are."""
    await client.invite(home.link, name="nobody")
    return home.connections


def told(events: list[Event], *kinds: type[Event]) -> list[Event]:
    """Keep the events of some kinds."""
    return [event for event in events if isinstance(event, kinds)]


def longest_silence(events: list[Event]) -> int:
    """Give the longest silence that was told, each of which must have ended; in ms."""
    silences = [event.silent_ms for event in events if isinstance(event, Recovered)]
    assert len(silences) == len(told(events, Trouble))
    return max(silences, default=0)


def test_a_call_that_goes_well_has_one_line(tmp_path: Path) -> None:
    """A clean network pays nothing."""

    async def story(call: Talk) -> None:
        await asyncio.sleep(60)
        assert call.home.connections == call.at_start
        assert not call.out.path.is_doubled
        assert told((await call.end())[0], PathChanged, Trouble) == []

    talk(tmp_path, story)


def test_both_lines_carry_the_same_bytes_while_it_is_wanted(tmp_path: Path) -> None:
    """Nothing is sealed for the spare line alone: a second copy may never be another frame."""

    async def story(call: Talk) -> None:
        spare = await call.double()
        main_before = len(call.main.media)
        await asyncio.sleep(2)
        assert spare.media[-90:] == call.main.media[-90:]
        call.out.path.want_spare(False)
        await asyncio.sleep(1)
        assert call.home.connections == call.at_start
        assert len(call.main.media) - main_before > 120
        assert told((await call.end())[0], PathChanged) == [OPENED, CLOSED]

    talk(tmp_path, story)


@pytest.mark.parametrize("which", ["main", "spare"])
def test_a_line_that_stands_still_beside_another_is_not_heard(tmp_path: Path, which: str) -> None:
    """This is what the second line is for, whichever of the two it is."""

    async def story(call: Talk) -> None:
        spare = await call.double()
        (call.main if which == "main" else spare).is_still = True
        await asyncio.sleep(10)
        for events in await call.end():
            assert told(events, Trouble) == []
            assert told(events, Quality)

    talk(tmp_path, story)


@pytest.mark.parametrize("which", ["main", "spare"])
def test_a_line_that_died_beside_another_is_opened_anew(tmp_path: Path, which: str) -> None:
    """Two lines of which one is dead are one line: the next stall would be heard."""

    async def story(call: Talk) -> None:
        spare = await call.double()
        (call.main if which == "main" else spare).is_still = True
        await asyncio.sleep(6)
        assert call.out.path.is_doubled
        (call.new_lines()[-1]).is_still = True
        await asyncio.sleep(1)
        for events in await call.end():
            assert told(events, Trouble) == []

    talk(tmp_path, story)


def test_without_a_spare_line_the_same_is_trouble(tmp_path: Path) -> None:
    """The test above means something."""

    async def story(call: Talk) -> None:
        call.home.refuse[Join] = Status.QUOTA
        call.main.is_still = True
        assert told(await until(call.incoming, Trouble), Trouble)

    talk(tmp_path, story)


def test_a_seat_that_is_refused_after_a_ration_ends_the_call(tmp_path: Path) -> None:
    """Who waits for a seat that will never come must not sit in silence for 90 s."""

    async def story(call: Talk) -> None:
        call.home.refuse[Join] = Status.QUOTA
        call.home.break_all()
        await asyncio.sleep(1)
        call.home.refuse[Join] = Status.REFUSED
        async with asyncio.timeout(5):
            # Both lost their seats; the first to be refused tells the other.
            assert "failed" in [await side.ended() for side in (call.out, call.incoming)]

    talk(tmp_path, story)


def test_trouble_opens_a_spare_line_and_the_mute_line_anew(tmp_path: Path) -> None:
    """A connection that hangs is waited for no longer than it takes to open another."""

    async def story(call: Talk) -> None:
        call.main.is_still = True
        began = asyncio.get_running_loop().time()
        # Late frames open it before the silence is long enough to be told.
        before = await until(call.out, PathChanged)
        assert asyncio.get_running_loop().time() - began < 1.5
        assert OPENED in before
        await asyncio.sleep(7)
        assert not call.main.is_open
        after = (await call.end())[0]
        assert REOPENED in after
        assert longest_silence([*before, *after]) < 1500

    talk(tmp_path, story)


def test_a_spare_line_that_gets_no_seat_harms_nothing(tmp_path: Path) -> None:
    """A home may ration seats; the call goes on with what it has, and does not ask for ever."""

    async def story(call: Talk) -> None:
        call.home.refuse[Join] = Status.QUOTA
        asked = len(call.home.requests)
        call.out.path.want_spare(True)
        await asyncio.sleep(30)
        tries = [r for r in call.home.requests[asked:] if isinstance(r, Join)]
        assert 1 < len(tries) <= 4
        assert not call.out.path.is_doubled
        assert told((await call.end())[0], PathChanged) == []

    talk(tmp_path, story)


def test_a_home_that_restarts_gets_both_lines_back_and_never_a_third(tmp_path: Path) -> None:
    """Two are for safety; more would look like a race, and be one."""

    async def story(call: Talk) -> None:
        await call.double()
        call.home.is_up = False
        call.home.break_all()
        await asyncio.sleep(2)
        call.home.is_up = True
        # One line is back at once; a fourth handshake within 10 s would be one too many.
        for _ in range(130):
            await asyncio.sleep(0.1)
            assert len(call.new_lines()) <= 2 + 2
        assert call.out.path.is_doubled
        events, _ = await call.end()
        assert told(events, PathChanged)[:2] == [OPENED, CLOSED]
        assert {OPENED, REOPENED} <= set(told(events, PathChanged)[2:])

    talk(tmp_path, story)


def test_the_end_of_a_call_is_told_by_the_line_that_lives(tmp_path: Path) -> None:
    """Nobody must wait for 90 s to learn that the other one hung up."""

    async def story(call: Talk) -> None:
        await call.double()
        call.main.is_still = True
        began = asyncio.get_running_loop().time()
        call.out.hang_up()
        assert await call.incoming.ended() == "remote_hangup"
        assert asyncio.get_running_loop().time() - began < 1.0

    talk(tmp_path, story)


def test_the_spare_line_ends_with_the_call(tmp_path: Path) -> None:
    """It belongs to nothing else."""

    async def story(call: Talk) -> None:
        await call.double()
        await call.end()
        await asyncio.sleep(1)
        assert call.home.connections == call.at_start

    talk(tmp_path, story)


def test_a_seat_that_is_taken_twice_on_one_line_is_no_new_line(tmp_path: Path) -> None:
    """A call that began just as its line opened once said that the line had broken."""

    async def story(call: Talk) -> None:
        await call.out.path.sit_down()
        events, _ = await call.end()
        assert told(events, PathChanged) == []

    talk(tmp_path, story)


def shares_of(call: Talk) -> list[float]:
    """Give what Ali's voice is answered from now on when it asks what was dropped; it grows."""
    path = call.out.path
    count = path.dropped_share
    shares: list[float] = []

    def dropped_share() -> float:
        # Each answer begins a new count.
        shares.append(count())
        return shares[-1]

    path.dropped_share = dropped_share
    return shares


def test_what_left_on_neither_line_is_counted(tmp_path: Path) -> None:
    """A sender that drops its own frames is the first to know that its path is too narrow."""

    async def story(call: Talk) -> None:
        spare = await call.double()
        shares = shares_of(call)
        await asyncio.sleep(1)
        call.main.is_full = True
        await asyncio.sleep(2)
        assert max(shares) == 0.0
        spare.is_full = True
        await asyncio.sleep(2)
        assert shares[-1] > 0.9

    talk(tmp_path, story)


def test_what_found_no_line_tells_of_no_narrow_path(tmp_path: Path) -> None:
    """Who took a home that restarts for a slow network gave up the spare line and the sound."""

    async def story(call: Talk) -> None:
        shares = shares_of(call)
        call.home.is_up = False
        call.home.break_all()
        await asyncio.sleep(2)
        call.home.is_up = True
        await asyncio.sleep(2)
        assert max(shares) == 0.0

    talk(tmp_path, story)


FRONT = "front.example"
OTHER = "other.example"


def test_the_second_line_goes_another_way(tmp_path: Path) -> None:
    """Two lines through one door fall together."""

    async def story(call: Talk) -> None:
        spare = await call.double()
        assert (call.main.host, spare.host) == (call.home.host, FRONT)
        assert PathChanged("line", 1, "spare_opened") in (await call.end())[0]

    talk(tmp_path, story, FRONT)


def test_an_endpoint_that_is_blocked_in_mid_call_costs_little_silence(tmp_path: Path) -> None:
    """Somebody switches the block on while two people talk: they hear a gap and no end."""

    async def story(call: Talk) -> None:
        await asyncio.sleep(3)
        call.home.silence(call.home.host)
        await asyncio.sleep(8)
        for events in await call.end():
            assert longest_silence(events) <= 1500

    talk(tmp_path, story, FRONT)


def test_the_far_side_is_told_that_a_call_moved(tmp_path: Path) -> None:
    """Its person heard the gap, and would look for it in their own network."""

    async def story(call: Talk) -> None:
        await asyncio.sleep(3)
        call.main.is_still = True
        call.home.silent.add(call.main.host)
        await asyncio.sleep(8)
        mine, theirs = await call.end()
        assert PathChanged("line", 1, "line_reopened") in mine
        assert told(mine, RemoteMoved) == []
        assert told(theirs, RemoteMoved) == [RemoteMoved()]

    talk(tmp_path, story, FRONT)


def test_a_line_that_came_back_by_the_same_way_is_nobody_elses_news(tmp_path: Path) -> None:
    """A home that restarts would otherwise fill both screens with words."""

    async def story(call: Talk) -> None:
        await call.main.close()
        await asyncio.sleep(8)
        mine, theirs = await call.end()
        assert REOPENED in mine
        assert told([*mine, *theirs], RemoteMoved) == []

    talk(tmp_path, story)


def test_two_endpoints_of_three_are_blocked_in_mid_call(tmp_path: Path) -> None:
    """The border closes, and one way inside the country is left."""

    async def story(call: Talk) -> None:
        await asyncio.sleep(3)
        call.home.silence(call.home.host)
        call.home.silence(FRONT)
        await asyncio.sleep(8)
        for events in await call.end():
            assert longest_silence(events) <= 3000

    talk(tmp_path, story, FRONT, OTHER)


def test_both_lines_are_blocked_at_once(tmp_path: Path) -> None:
    """A call that was doubled already finds the third way as soon as one with a single line."""

    async def story(call: Talk) -> None:
        for line in (call.main, await call.double()):
            line.is_still = True
            call.home.silent.add(line.host)
        await asyncio.sleep(8)
        for events in await call.end():
            assert longest_silence(events) <= 1500

    talk(tmp_path, story, FRONT, OTHER)


def test_two_lines_that_stand_still_for_a_second_stay(tmp_path: Path) -> None:
    """Radio does that all the time, and a new handshake costs more than the stall."""

    async def story(call: Talk) -> None:
        lines = call.main, await call.double()
        for line in lines:
            line.is_still = True
        await asyncio.sleep(1)
        assert [line.is_open for line in lines] == [True, True]

    talk(tmp_path, story, FRONT)


def test_a_line_whose_address_is_gone_is_dropped_at_once(tmp_path: Path) -> None:
    """Out of the door, from Wi-Fi to mobile data: half a word, not three seconds."""

    async def story(call: Talk) -> None:
        await asyncio.sleep(3)
        call.main.is_still = call.main.stranded = True
        await asyncio.sleep(1)
        assert not call.main.is_open
        for events in await call.end():
            assert told(events, Recovered, Trouble) == []

    talk(tmp_path, story)


def test_a_better_way_is_taken_before_the_old_one_ends(tmp_path: Path) -> None:
    """Wi-Fi came into reach: the call goes over to it, and nobody hears that."""

    async def story(call: Talk) -> None:
        await asyncio.sleep(3)
        call.main.is_outrun = True
        await asyncio.sleep(3)
        assert not call.main.is_open
        assert len(call.new_lines()) == 1
        events, theirs = await call.end()
        assert told(events, PathChanged)[:1] == [OPENED]
        for each in (events, theirs):
            assert told(each, Recovered, Trouble) == []

    talk(tmp_path, story)


def test_a_seat_that_is_rationed_is_asked_for_again(tmp_path: Path) -> None:
    """Many who come back at once after an outage must not lose their calls for being many."""

    async def story(call: Talk) -> None:
        call.home.refuse[Join] = Status.QUOTA
        call.main.break_off()
        await asyncio.sleep(5)
        del call.home.refuse[Join]
        assert told(await until(call.incoming, Recovered), Recovered)
        assert REOPENED in (await call.end())[0]

    talk(tmp_path, story)
