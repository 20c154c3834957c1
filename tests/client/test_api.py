"""Two people, one home in memory: everything that a client does, on a clock that jumps."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from hamseda.client.api import Client
from hamseda.client.call import Call
from hamseda.client.events import (
    Answered,
    Connected,
    Ended,
    Missed,
    Notice,
    PathChanged,
    Problem,
    Recovered,
    Refused,
    Ringing,
    Sas,
    Trouble,
)
from hamseda.crypto.call_keys import Parties
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import NetworkError, OutOfStepError, RefusedError, TrustError, UsageError
from hamseda.protocol.caller import RING_SECONDS, Caller
from hamseda.protocol.contact import Contact, Standing, seal_body
from hamseda.transport.audio_source import DeafSink, SilentSource
from hamseda.wire.codes import BodyKind
from hamseda.wire.mailbox import Put, PutBundle
from hamseda.wire.media import MediaMessage
from hamseda.wire.relay import GetGrant, RoomControl
from hamseda.wire.status import Status
from tests.client.memory_home import MemoryHome
from tests.client.people import (
    all_of,
    befriend,
    both,
    call_and_answer,
    missed_calls,
    next_event,
    person,
    place_sound,
    until,
)
from tests.fakes import run

Story = Callable[[MemoryHome, Client, Client], Awaitable[None]]


def play(folder: Path, story: Story) -> None:
    """Let Ali and Bahar, who know each other, live through a story."""

    async def main() -> None:
        home = MemoryHome()
        async with person(folder / "a", home) as ali, person(folder / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            async with asyncio.timeout(1000):
                await story(home, ali, bahar)

    run(main())


def contact_of(client: Client) -> Contact:
    """Give the only contact."""
    (contact,) = client.contacts()
    return contact


async def send_by_hand(client: Client, home: MemoryHome, kind: int, body: bytes) -> None:
    """Say something that the client itself would never say."""
    contact = contact_of(client)
    changed, envelope = seal_body(contact, cast("BodyKind", kind), body, secrets.token_bytes)
    vars(client)["_book"].save(changed)
    home.drop_in(contact.destination.mailbox, envelope)
    await asyncio.sleep(1)


# Meeting


def test_two_people_meet_and_talk(tmp_path: Path) -> None:
    """The main job: an invitation, a call, the same five words, an end on both sides."""

    async def story(_: MemoryHome, ali: Client, bahar: Client) -> None:
        assert contact_of(bahar).standing is Standing.CONFIRMED
        out, incoming = await call_and_answer(ali, bahar, "bahar")
        there, here = await until(incoming, Sas), await until(out, Sas)
        assert [e for e in here if isinstance(e, Sas)] == [e for e in there if isinstance(e, Sas)]
        assert [e for e in here if isinstance(e, Ringing)] == [Ringing("bahar", "out")]
        assert [e for e in there if isinstance(e, Ringing)] == [Ringing("ali", "in")]
        assert Answered() in here
        out.hang_up()
        await all_of(out)
        assert (await out.ended(), await incoming.ended()) == ("hangup", "remote_hangup")
        assert contact_of(ali).standing is Standing.CONFIRMED

    play(tmp_path, story)


def test_many_calls_one_after_another(tmp_path: Path) -> None:
    """The ninth call reuses the first one's handle; whoever called last may be called next."""

    async def story(_: MemoryHome, ali: Client, bahar: Client) -> None:
        for number in range(10):
            caller, callee, name = (ali, bahar, "bahar") if number % 3 else (bahar, ali, "ali")
            out, incoming = await call_and_answer(caller, callee, name)
            assert any(isinstance(e, Connected) for e in await until(out, Connected))
            out.hang_up()
            await incoming.ended()
            await all_of(out)

    play(tmp_path, story)


def test_the_second_to_accept_is_refused_and_the_inviter_warned(tmp_path: Path) -> None:
    """A link that went through other hands must not go unnoticed."""

    async def main() -> None:
        home = MemoryHome()
        async with (
            person(tmp_path / "b", home) as bahar,
            person(tmp_path / "e", home) as eve,
        ):
            async with person(tmp_path / "a", home) as ali:
                made = await ali.invite(home.link, name="bahar")
            await eve.accept(made.link, name="ali", patience=0.1)
            await bahar.accept(made.link, name="ali", patience=0.1)
            async with person(tmp_path / "a", home) as ali:
                assert isinstance(await next_event(ali, Refused), Refused)
                warned = await next_event(ali, Notice)
                assert isinstance(warned, Notice)
                assert "used more than once" in warned.words
                assert isinstance(await next_event(bahar, Refused), Refused)
                assert bahar.contacts() == []
                assert contact_of(eve).standing is Standing.CONFIRMED
            with pytest.raises(RefusedError, match="already used"):
                await bahar.accept(made.link, name="ali")

    run(main())


def test_an_acceptance_delivered_twice_makes_one_contact(tmp_path: Path) -> None:
    """The line broke before the acknowledgement; other mail lay in between.

    Once the copy was refused, and the new contact out of step from the start.
    """

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "b", home) as bahar:
            async with person(tmp_path / "a", home) as ali:
                made = await ali.invite(home.link, name="bahar")
                invited = ali.invitations()[0].inbox.address.mailbox
            await bahar.accept(made.link, name="ali", patience=0.1)
            box = home.mailboxes[invited]
            ((envelope, _),) = box.envelopes.values()
            home.drop_in(invited, envelope)
            async with person(tmp_path / "a", home) as ali:
                await asyncio.sleep(0.05)
                home.break_all()
                await asyncio.sleep(10)
                assert contact_of(ali).standing is Standing.CONFIRMED
                assert contact_of(bahar).standing is Standing.CONFIRMED

    run(main())


@pytest.mark.parametrize("damage", ["byte", "other"])
def test_an_altered_bundle_is_refused(tmp_path: Path, damage: str) -> None:
    """A home can neither read nor swap what a link leads to."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            made = await ali.invite(home.link, name="bahar")
            other = await ali.invite(home.link, name="other")
            assert made.link != other.link
            (one, blob), (_, another) = home.bundles.items()
            assert isinstance(blob, bytes)
            altered = bytes([blob[0] ^ 1]) + blob[1:]
            home.bundles[one] = altered if damage == "byte" else another
            with pytest.raises(TrustError, match="changed"):
                await bahar.accept(made.link, name="ali")
            assert bahar.contacts() == []

    run(main())


def test_an_invitation_that_was_not_published_leaves_nothing(tmp_path: Path) -> None:
    """Nobody has its link, so nobody may wait for it."""

    async def main() -> None:
        home = MemoryHome()
        home.refuse[PutBundle] = Status.QUOTA
        async with person(tmp_path / "a", home) as ali:
            with pytest.raises(Exception, match="published"):
                await ali.invite(home.link)
            assert ali.invitations() == []

    run(main())


def test_a_home_that_is_somebody_else_is_refused(tmp_path: Path) -> None:
    """The link names the home's identity: TLS alone would believe whoever answers."""

    async def main() -> None:
        home, fake = MemoryHome(), MemoryHome("fake")
        home.document = fake.document
        async with person(tmp_path / "a", home) as ali:
            with pytest.raises(TrustError):
                await ali.invite(home.link)

    run(main())


def test_a_new_invitation_under_the_same_name_renews(tmp_path: Path) -> None:
    """The way back from out of step; the mark "verified" belongs to the old keys and goes."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        ali.verify("bahar")
        bahar.verify("ali")
        old = contact_of(ali)
        await befriend(home, ali, bahar, "ali", "bahar")
        assert contact_of(ali).id != old.id
        assert not contact_of(ali).verified
        assert not contact_of(bahar).verified
        out, _ = await call_and_answer(ali, bahar, "bahar")
        assert any(isinstance(e, Connected) for e in await until(out, Connected))

    play(tmp_path, story)


def test_a_contact_renewed_in_mid_call_harms_no_one(tmp_path: Path) -> None:
    """The old keys are gone when the call ends: its last words are not said, nothing breaks."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        out, incoming = await call_and_answer(ali, bahar, "bahar")
        await until(out, Connected)
        await befriend(home, ali, bahar, "ali", "bahar")
        out.hang_up()
        assert await out.ended() == "hangup"
        assert await incoming.ended() == "remote_hangup"
        again, _ = await call_and_answer(bahar, ali, "ali")
        assert any(isinstance(e, Connected) for e in await until(again, Connected))

    play(tmp_path, story)


# Ends of calls


def test_declined(tmp_path: Path) -> None:
    """A "no" is told at once."""

    async def story(_: MemoryHome, ali: Client, bahar: Client) -> None:
        out = await ali.call("bahar", SilentSource(), DeafSink())
        (await bahar.incoming()).decline()
        assert await out.ended() == "declined"
        assert missed_calls(bahar) == []

    play(tmp_path, story)


def test_cancelled_while_ringing_is_a_missed_call(tmp_path: Path) -> None:
    """Who was not quick enough sees who it was."""

    async def story(_: MemoryHome, ali: Client, bahar: Client) -> None:
        out = await ali.call("bahar", SilentSource(), DeafSink())
        incoming = await bahar.incoming()
        out.hang_up()
        assert await incoming.ended() == "cancelled"
        assert isinstance(await next_event(bahar, Missed), Missed)

    play(tmp_path, story)


def test_nobody_answers(tmp_path: Path) -> None:
    """After 45 s both sides know what happened, each in its own words."""

    async def story(_: MemoryHome, ali: Client, bahar: Client) -> None:
        out = await ali.call("bahar", SilentSource(), DeafSink())
        began = asyncio.get_running_loop().time()
        assert await out.ended() == "no_answer"
        assert asyncio.get_running_loop().time() - began == pytest.approx(RING_SECONDS, abs=3)
        assert await next_event(bahar, Missed)

    play(tmp_path, story)


def test_away_then_missed_on_return(tmp_path: Path) -> None:
    """Their phone was off; when it comes back it tells who called, and tells it once."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali:
            async with person(tmp_path / "b", home) as bahar:
                await befriend(home, ali, bahar, "ali", "bahar")
            out = await ali.call("bahar", SilentSource(), DeafSink())
            assert await out.ended() == "away"
            await asyncio.sleep(100)
            async with person(tmp_path / "b", home) as bahar:
                # Taken in by a command that shows no events.
                await asyncio.sleep(5)
            async with person(tmp_path / "b", home) as bahar:
                (missed,) = missed_calls(bahar)
                assert missed.contact == "ali"
                assert missed.age_s >= 100
            async with person(tmp_path / "b", home) as bahar:
                await asyncio.sleep(5)
                assert missed_calls(bahar) == []

    run(main())


def test_busy(tmp_path: Path) -> None:
    """Who is in a call hears no second ring, and sees later that somebody called."""

    async def main() -> None:
        home = MemoryHome()
        async with (
            person(tmp_path / "a", home) as ali,
            person(tmp_path / "b", home) as bahar,
            person(tmp_path / "c", home) as cyrus,
        ):
            await befriend(home, ali, bahar, "ali", "bahar")
            await befriend(home, cyrus, bahar, "cyrus", "bahar")
            out, incoming = await call_and_answer(ali, bahar, "bahar")
            await until(out, Connected)
            second = await cyrus.call("bahar", SilentSource(), DeafSink())
            assert await second.ended() == "busy"
            missed = await next_event(bahar, Missed)
            assert isinstance(missed, Missed)
            assert missed.contact == "cyrus"
            assert not incoming.machine.is_over
            with pytest.raises(UsageError, match="in a call already"):
                await bahar.call("cyrus", SilentSource(), DeafSink())
            assert not incoming.machine.is_over

    run(main())


def test_both_call_at_once(tmp_path: Path) -> None:
    """Two offers cross: one call comes of it, and both talk."""

    async def story(_: MemoryHome, ali: Client, bahar: Client) -> None:
        for _round in range(4):
            here, there = await both(
                ali.call("bahar", SilentSource(), DeafSink()),
                bahar.call("ali", SilentSource(), DeafSink()),
            )
            mine, theirs = await both(until(here, Sas), until(there, Sas))
            assert [e for e in mine if isinstance(e, Sas)] == [
                e for e in theirs if isinstance(e, Sas)
            ]
            here.hang_up()
            await both(all_of(here), all_of(there))
            assert await there.ended() == "remote_hangup"

    play(tmp_path, story)


def test_calling_somebody_whose_call_rings_picks_it_up(tmp_path: Path) -> None:
    """Both wanted to talk, a second apart: nobody is told "in a call already"."""

    async def story(_: MemoryHome, ali: Client, bahar: Client) -> None:
        out = await ali.call("bahar", SilentSource(), DeafSink())
        await asyncio.sleep(2)
        back = await bahar.call("ali", SilentSource(), DeafSink())
        await both(until(out, Connected), until(back, Connected))
        assert out.machine.is_talking
        assert back.machine.is_talking

    play(tmp_path, story)


def test_a_call_that_nobody_picks_up_does_not_block_an_own_call(tmp_path: Path) -> None:
    """`hamseda call` has nobody who could answer somebody else: they hear "busy"."""

    async def main() -> None:
        home = MemoryHome()
        async with (
            person(tmp_path / "a", home) as ali,
            person(tmp_path / "b", home) as bahar,
            person(tmp_path / "c", home) as cyrus,
        ):
            await befriend(home, ali, bahar, "ali", "bahar")
            await befriend(home, cyrus, bahar, "cyrus", "bahar")
            first = await cyrus.call("bahar", SilentSource(), DeafSink())
            await bahar.incoming()
            out = await bahar.call("ali", SilentSource(), DeafSink())
            assert await first.ended() == "busy"
            place_sound(await ali.incoming()).answer()
            assert any(isinstance(e, Connected) for e in await until(out, Connected))

    run(main())


def test_calling_back_at_once_is_not_busy(tmp_path: Path) -> None:
    """Right after "hang up" the last words are still on their way."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        out, incoming = await call_and_answer(ali, bahar, "bahar")
        await until(out, Connected)
        out.hang_up()
        while not incoming.machine.is_over:  # noqa: ASYNC110 - before its last words are gone
            await asyncio.sleep(0.001)
        home.refuse[Put] = Status.UNAVAILABLE
        await asyncio.sleep(0.01)
        del home.refuse[Put]
        await out.ended()
        again, _ = await call_and_answer(ali, bahar, "bahar")
        assert any(isinstance(e, Connected) for e in await until(again, Connected))

    play(tmp_path, story)


# A hostile or broken other side


def test_no_reveal_is_an_alarm_after_five_seconds(tmp_path: Path) -> None:
    """Frames flow and the reveal does not. The alarm once rang after 90 s instead of 5."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        out = await ali.call("bahar", SilentSource(), DeafSink())
        incoming = place_sound(await bahar.incoming())
        home.lose_room = True
        began = asyncio.get_running_loop().time()
        incoming.answer()
        assert await incoming.ended() == "alarm"
        assert 5 <= asyncio.get_running_loop().time() - began < 7
        assert await out.ended() == "alarm"

    play(tmp_path, story)


@pytest.mark.parametrize("status", [Status.REFUSED, Status.EXPIRED, Status.QUOTA])
def test_an_offer_without_a_seat_does_not_silence_the_phone(tmp_path: Path, status: Status) -> None:
    """A contact sends an offer with a grant that is none.

    The phone once waited for that seat for ever, and was busy for everybody.
    """

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        home.seats[1] = status
        out = await ali.call("bahar", SilentSource(), DeafSink())
        assert await next_event(bahar, Missed, patience=5.0)
        assert await out.ended() == "remote_hangup"
        home.seats.clear()
        again, _ = await call_and_answer(ali, bahar, "bahar")
        assert any(isinstance(e, Connected) for e in await until(again, Connected))

    play(tmp_path, story)


def test_malformed_media_does_not_break_the_line(tmp_path: Path) -> None:
    """The relay forwards media unread, so a contact could cut the other's line with nonsense."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        out, incoming = await call_and_answer(ali, bahar, "bahar")
        await until(out, Connected)
        lines = list(home.connections)
        for line in lines:
            for noise in (b"\x03\x00\xff", b"\x03", b"\x03\x01\x00\x00", b"\x03\x01\x00\x01x"):
                line.raw(noise)
            line.raw(MediaMessage(incoming.handle, (bytes(80),)).encode())
            line.push(RoomControl(incoming.handle, b"nonsense"))
            line.push(RoomControl(incoming.handle, b"\x02" + bytes(256)))
        await asyncio.sleep(1)
        assert home.connections == lines
        assert not out.machine.is_over

    play(tmp_path, story)


@pytest.mark.parametrize("noise", [b"\x02garbage", b"\x01garbage", b"\x07", b"", bytes(300)])
def test_a_line_that_talks_nonsense_is_opened_anew(tmp_path: Path, noise: bytes) -> None:
    """Whoever breaks TLS can cut a line, and no more."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        before = list(home.connections)
        for line in before:
            line.raw(noise)
        await asyncio.sleep(5)
        assert len(home.connections) == 2
        assert not set(home.connections) & set(before)
        out, _ = await call_and_answer(ali, bahar, "bahar")
        assert any(isinstance(e, Connected) for e in await until(out, Connected))

    play(tmp_path, story)


def test_a_home_in_false_hands_does_not_stop_the_client(tmp_path: Path) -> None:
    """Line key and document are another's: the client says so and goes on trying."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        impostor = MemoryHome("impostor")
        genuine = (home.line_pair, home.document)
        home.line_pair, home.document = impostor.line_pair, impostor.document
        home.break_all()
        await asyncio.sleep(30)
        with pytest.raises(NetworkError) as error:
            await ali.call("bahar", SilentSource(), DeafSink())
        assert error.value.failure == "line_wrong_key"
        home.line_pair, home.document = genuine
        await asyncio.sleep(60)
        out, _ = await call_and_answer(ali, bahar, "bahar")
        assert any(isinstance(e, Connected) for e in await until(out, Connected))

    play(tmp_path, story)


@pytest.mark.parametrize("body", [b"", b"\xa0", bytes(40)])
def test_whatever_a_contact_says_the_client_lives(tmp_path: Path, body: bytes) -> None:
    """An authentic envelope may hold anything; nobody's nonsense ends somebody's program."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        for kind in (*BodyKind, 0, 99, 255):
            if kind != BodyKind.OUT_OF_STEP:
                await send_by_hand(ali, home, kind, body)
        out, _ = await call_and_answer(bahar, ali, "ali")
        assert any(isinstance(e, Connected) for e in await until(out, Connected))

    play(tmp_path, story)


def _callable(client: Client) -> bool:
    return contact_of(client).standing is Standing.CONFIRMED


def offer_of(contact: Contact) -> bytes:
    """Sign an offer as this contact's owner."""
    state, key = contact.ratchet, SigningKey(contact.identity_seed)
    parties = Parties(state.sid, state.my_id, state.peer_id)
    return Caller(parties, key, bytes(96), bytes(16), 1, secrets.token_bytes, 0.0).offer


def test_an_offer_before_the_welcome_is_not_taken(tmp_path: Path) -> None:
    """An inviter who says something else first cannot crash or ring whom he invited."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "b", home) as bahar:
            async with person(tmp_path / "a", home) as ali:
                made = await ali.invite(home.link, name="bahar")
            await bahar.accept(made.link, name="ali", patience=0.1)
            home.refuse[Put] = Status.UNAVAILABLE
            async with person(tmp_path / "a", home) as ali:
                await asyncio.sleep(2)
                for _ in range(2):
                    await send_by_hand(ali, home, BodyKind.OFFER, offer_of(contact_of(ali)))
                assert vars(bahar)["_calling"].current is None
                del home.refuse[Put]
            assert contact_of(bahar).standing is Standing.WAITING

    run(main())


def test_old_offers_do_not_ring(tmp_path: Path) -> None:
    """The home kept an offer back; a minute later it is a missed call and no sound."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        inbox = contact_of(bahar).inbox.address.mailbox
        box = home.mailboxes[inbox]
        reader, box.reader = box.reader, None
        out = await ali.call("bahar", SilentSource(), DeafSink())
        assert await out.ended() == "away"
        ((offer, _), *_rest) = box.envelopes.values()
        box.envelopes.clear()
        box.reader = reader
        home.drop_in(inbox, offer, age=50)
        assert await next_event(bahar, Missed)
        home.drop_in(inbox, offer, age=0)
        await asyncio.sleep(5)
        assert missed_calls(bahar) == []

    play(tmp_path, story)


def test_noise_in_a_mailbox_is_acknowledged(tmp_path: Path) -> None:
    """One poisoned envelope must not jam a mailbox, nor put a contact out of step."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        inbox = contact_of(bahar).inbox.address.mailbox
        home.drop_in(inbox, bytes(4096))
        home.drop_in(inbox, bytes(65_536))
        await asyncio.sleep(1)
        assert home.mailboxes[inbox].envelopes == {}
        assert contact_of(bahar).standing is Standing.CONFIRMED
        out, _ = await call_and_answer(ali, bahar, "bahar")
        assert any(isinstance(e, Connected) for e in await until(out, Connected))

    play(tmp_path, story)


def test_a_restored_profile_is_told_on_both_sides(tmp_path: Path) -> None:
    """A copy of yesterday's keys: no call, a sentence here and there, and a way back."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali:
            async with person(tmp_path / "b", home) as bahar:
                await befriend(home, ali, bahar, "ali", "bahar")
            backup = (tmp_path / "b" / "profile.db").read_bytes()
            async with person(tmp_path / "b", home) as bahar:
                out, incoming = await call_and_answer(ali, bahar, "bahar")
                await until(out, Connected)
                incoming.hang_up()
                await out.ended()
            (tmp_path / "b" / "profile.db").write_bytes(backup)
            async with person(tmp_path / "b", home) as bahar:
                call = await bahar.call("ali", SilentSource(), DeafSink())
                assert await call.ended() == "out_of_step"
                with pytest.raises(OutOfStepError) as error:
                    await bahar.call("ali", SilentSource(), DeafSink())
                assert error.value.exit_status == 6
                with pytest.raises(OutOfStepError):
                    await ali.call("bahar", SilentSource(), DeafSink())
                await befriend(home, ali, bahar, "ali", "bahar")
                again, _ = await call_and_answer(ali, bahar, "bahar")
                assert any(isinstance(e, Connected) for e in await until(again, Connected))

    run(main())


def test_a_full_mailbox_is_told(tmp_path: Path) -> None:
    """The caller hears why, and a call that runs already does not end of it."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        out, incoming = await call_and_answer(ali, bahar, "bahar")
        await until(out, Connected)
        home.refuse[Put] = Status.FULL
        incoming.hang_up()
        await incoming.ended()
        await out.ended()
        call = await ali.call("bahar", SilentSource(), DeafSink())
        assert await call.ended() == "full"

    play(tmp_path, story)


# The network


def test_a_home_restarted_in_mid_call(tmp_path: Path) -> None:
    """The line breaks on both sides; sound is back, on new lines, in the same call."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        out, incoming = await call_and_answer(ali, bahar, "bahar")
        await until(out, Sas)
        home.is_up = False
        home.break_all()
        await until(out, Trouble)
        home.is_up = True
        began = asyncio.get_running_loop().time()
        seen = await until(out, Recovered)
        assert asyncio.get_running_loop().time() - began < 5
        await asyncio.sleep(2)
        out.hang_up()
        assert await incoming.ended() == "remote_hangup"
        # Sound may be back on a spare line before the call's own is.
        assert PathChanged("line", 0, "line_reopened") in [*seen, *await all_of(out)]

    play(tmp_path, story)


def test_what_was_said_without_a_line_arrives_in_order(tmp_path: Path) -> None:
    """Envelopes wait in the profile, in the order of their numbers, and come once."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        out, incoming = await call_and_answer(ali, bahar, "bahar")
        await until(out, Connected)
        home.is_up = False
        home.break_all()
        out.hang_up()
        await out.ended()
        home.is_up = True
        assert await incoming.ended() == "remote_hangup"
        again, _ = await call_and_answer(ali, bahar, "bahar")
        assert any(isinstance(e, Connected) for e in await until(again, Connected))

    play(tmp_path, story)


def test_a_slow_home_gets_the_envelope_later(tmp_path: Path) -> None:
    """The home cannot take it now: it is offered again without a new line."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        home.refuse[Put] = Status.UNAVAILABLE
        out = await ali.call("bahar", SilentSource(), DeafSink())
        await asyncio.sleep(12)
        del home.refuse[Put]
        place_sound(await bahar.incoming()).answer()
        assert any(isinstance(e, Connected) for e in await until(out, Connected))

    play(tmp_path, story)


def test_mail_is_read_with_the_newest_record(tmp_path: Path) -> None:
    """Mail comes over a line that is just opening, and this side speaks at that moment.

    The record that the mail had been read with was once committed over the newer one: the next
    message repeated a number, and both were out of step.
    """

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        for _ in range(3):
            await bahar.invite(home.link)
        home.break_all()
        await send_by_hand(ali, home, 99, b"while they were away")
        home.break_all()
        home.delay = 0.2
        mailbox = contact_of(bahar).inbox.address.mailbox
        await send_by_hand(ali, home, 99, b"again")
        book = vars(bahar)["_book"]
        said = 0
        for _ in range(100):
            await asyncio.sleep(0.02)
            if home.mailboxes[mailbox].reader is not None:
                book.seal(contact_of(bahar).id, BodyKind.CONFIRM, b"\xa0")
                said += 1
                sending = contact_of(bahar).ratchet.sending
                assert sending is not None
                assert sending.number >= said
        assert said

    play(tmp_path, story)


def test_two_homes_at_once(tmp_path: Path) -> None:
    """A contact lives on one home; a person may have contacts on several."""

    async def main() -> None:
        one, two = MemoryHome("one"), MemoryHome("two")
        async with (
            person(tmp_path / "a", one, two) as ali,
            person(tmp_path / "b", one) as bahar,
            person(tmp_path / "c", two) as cyrus,
        ):
            await befriend(one, ali, bahar, "ali", "bahar")
            await befriend(two, cyrus, ali, "cyrus", "ali")
            assert len(await ali.ready()) == 2
            two.is_up = False
            two.break_all()
            out, incoming = await call_and_answer(bahar, ali, "ali")
            assert any(isinstance(e, Connected) for e in await until(out, Connected))
            incoming.hang_up()
            await out.ended()
            with pytest.raises(NetworkError):
                await ali.call("cyrus", SilentSource(), DeafSink())

    run(main())


def test_a_wrong_clock_is_told_once_and_harms_nothing(tmp_path: Path) -> None:
    """The home's clock judges; this machine's is years away from it here."""

    async def story(_: MemoryHome, ali: Client, bahar: Client) -> None:
        told = [e for e in ali.events_so_far() if isinstance(e, Problem)]
        assert [problem for problem in told if "clock" in problem.error] == told[:1]
        assert told
        assert _callable(bahar)

    play(tmp_path, story)


# The application's mistakes


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    """A typo is answered with what could have been meant."""

    async def story(_: MemoryHome, ali: Client, bahar: Client) -> None:
        with pytest.raises(UsageError, match="bahar"):
            await ali.call("bahr", SilentSource(), DeafSink())

    play(tmp_path, story)


class BrokenSource:
    """Be a microphone that somebody pulls out."""

    def read_frame(self) -> bytes:
        """Fail."""
        raise RuntimeError("unplugged")

    def close(self) -> None:
        """Do nothing."""


def test_a_call_that_breaks_here_ends_alone(tmp_path: Path) -> None:
    """A bug or an unplugged microphone ends one call; the next one works."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        out = await ali.call("bahar", BrokenSource(), DeafSink())
        incoming = place_sound(await bahar.incoming())
        incoming.answer()
        assert await out.ended() == "failed"
        assert await incoming.ended() == "remote_hangup"
        assert home.is_up
        again, _ = await call_and_answer(ali, bahar, "bahar")
        assert any(isinstance(e, Connected) for e in await until(again, Connected))

    play(tmp_path, story)


def test_a_call_answered_by_a_process_that_died_is_ended(tmp_path: Path) -> None:
    """Its keys were in that process: the other side must not wait 90 s for them."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali:
            async with person(tmp_path / "b", home) as bahar:
                await befriend(home, ali, bahar, "ali", "bahar")
            out = await _answer_and_die(home, ali, tmp_path)
            async with person(tmp_path / "b", home):
                assert await out.ended() == "remote_hangup"

    run(main())


async def _answer_and_die(home: MemoryHome, ali: Client, folder: Path) -> Call:
    async with person(folder / "b", home) as bahar:
        out, _incoming = await call_and_answer(ali, bahar, "bahar")
        await until(out, Connected)
        stored = (folder / "b" / "profile.db").read_bytes()
        home.refuse[Put] = Status.UNAVAILABLE
        home.lose_room = True
    (folder / "b" / "profile.db").write_bytes(stored)
    del home.refuse[Put]
    home.lose_room = False
    return out


def test_an_error_inside_is_raised_as_itself(tmp_path: Path) -> None:
    """Who uses the library catches our errors, not groups of groups."""

    async def main() -> None:
        async with asyncio.TaskGroup(), person(tmp_path / "a", MemoryHome()):
            raise UsageError("mine")

    with pytest.raises(BaseExceptionGroup) as group:
        run(main())
    assert isinstance(group.value.exceptions[0], UsageError)


def test_the_grant_may_be_refused(tmp_path: Path) -> None:
    """The home gives no room: a sentence, and no half-made call left behind."""

    async def story(home: MemoryHome, ali: Client, bahar: Client) -> None:
        home.refuse[GetGrant] = Status.QUOTA
        with pytest.raises(Exception, match="no room"):
            await ali.call("bahar", SilentSource(), DeafSink())
        home.refuse.clear()
        out, _ = await call_and_answer(ali, bahar, "bahar")
        assert any(isinstance(e, Connected) for e in await until(out, Connected))
        assert not any(isinstance(e, Ended) for e in bahar.events_so_far())

    play(tmp_path, story)
