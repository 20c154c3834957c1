"""Invite somebody, and accept an invitation (spec/invitation.md)."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import Protocol

from hamseda.client import meeting
from hamseda.client.book import Book
from hamseda.client.draft import Draft
from hamseda.client.endpoint_lists import judge_text
from hamseda.client.events import Accepted, Event, InvitationMade, Problem, Refused
from hamseda.client.homes import HomeDirectory
from hamseda.client.line import HomeLine
from hamseda.client.meeting import Meeting
from hamseda.client.notices import Security, notice
from hamseda.client.post import After, Post, nothing
from hamseda.client.replies import StatusError, require_ok
from hamseda.errors import (
    HamsedaError,
    NetworkError,
    RefusedError,
    TrustError,
    UsageError,
    WireError,
)
from hamseda.protocol.contact import Contact, Standing, in_the_place_of, out_of_step
from hamseda.protocol.invitation import (
    Invitation,
    accept_bundle,
    drain,
    make_invitation,
    new_inbox,
    refusal_words,
    take_refused,
    take_welcome,
)
from hamseda.transport.websocket import Web
from hamseda.wire.codes import BodyKind, BundleEnd
from hamseda.wire.host import bracketed
from hamseda.wire.link import InvitationLink, parse_link
from hamseda.wire.mailbox import (
    CloseMailbox,
    DeleteBundle,
    GetVoucher,
    MailboxAddress,
    PutBundle,
)
from hamseda.wire.ratchet import EMPTY_BODY
from hamseda.wire.status import Status

log = logging.getLogger(__name__)

INVITATION_DAYS = 7
_DAY = 24 * 3600
KEPT_SECONDS = 30 * _DAY
"""How long an acceptance may lie at the home (spec/registry.md §4)."""
_WELCOME_SECONDS = 2.0
_ASK_AGAIN = "ask for it again, sent another way"
_INVITE_ANEW = "ask for a new invitation, by another way"


class LineOpener(meeting.LineOpener, Protocol):
    """Give an open line to a home, and what its clock says."""

    def home_now(self, line: HomeLine) -> int:
        """Give the home's clock."""
        ...


class Inviting:
    """Make, take and burn invitations for one client."""

    def __init__(
        self,
        web: Web,
        directory: HomeDirectory,
        book: Book,
        post: Post,
        opener: LineOpener,
        tell: Callable[[Event], None],
    ) -> None:
        self._directory = directory
        self._meeting = Meeting(web, directory, opener)
        self._book = book
        self._post = post
        self._opener = opener
        self._tell = tell
        self._outcomes: dict[bytes, RefusedError | TrustError] = {}

    async def invite(self, home_link: str, name: str | None, days: int) -> InvitationMade:
        """Publish an invitation at a home and give its link."""
        known = await self._directory.learn(home_link)
        line = await self._opener.line_to(known.home_id)
        inbox = new_inbox(secrets.token_bytes)
        status = await self._post.create(line, inbox)
        if status is Status.REFUSED:
            raise RefusedError(
                "this home makes mailboxes only for people who were invited to it",
                next="ask somebody who uses it for an invitation; its operator can invite on the"
                " machine where it runs",
            )
        if status is not Status.OK:
            raise StatusError(status, "no mailbox for the invitation")
        await self._post.subscribe(line, inbox)
        mailbox = inbox.address.mailbox
        reply = await line.request(GetVoucher(0, mailbox))
        expiry = self._opener.home_now(line) + days * _DAY
        invitation = make_invitation(
            name or self._book.free_name(),
            known.home_id,
            known.signed,
            require_ok(reply, "no voucher for the invitation"),
            inbox,
            expiry,
            secrets.token_bytes,
        )
        self._book.add_invitation(invitation)
        request = PutBundle(0, mailbox, invitation.id, invitation.blob, expiry)
        try:
            require_ok(await line.request(request), "the invitation could not be published")
        except HamsedaError:
            # Nobody will ever see its link.
            self._book.drop_invitation(invitation)
            raise
        end = known.endpoints[0]
        link = InvitationLink(
            end.scheme, bracketed(end.host), end.port, end.door, invitation.link_hash
        )
        return InvitationMade(str(link), expiry)

    def forget_expired(self, line: HomeLine) -> None:
        """Drop the invitations of a home for which no acceptance in time can lie there any more."""
        now = self._opener.home_now(line)
        for invitation in self._book.invitations():
            if invitation.home_id == line.home_id and now > invitation.expiry + KEPT_SECONDS:
                self._book.drop_invitation(invitation)

    async def accept(self, link_text: str, name: str, ways: str | None = None) -> Contact:
        """Accept an invitation; the contact waits for its welcome.

        `ways` is the text of a list of the home's endpoints that came with the link. Raises
        `RefusedError` when it was used or is too old, `TrustError` when it was altered.
        """
        link = _invitation_link(link_text)
        given = None if ways is None else judge_text(ways, self._directory)
        bundle, known = await self._meeting.meet(link, given)
        line = await self._opener.line_to(known.home_id)
        if self._opener.home_now(line) > bundle.expiry:
            raise refusal_words("expired")
        contact, envelope = accept_bundle(
            bundle, link.hash, name, known.home_id, secrets.token_bytes
        )
        to = MailboxAddress(bundle.mailbox, bundle.cap, bundle.outer)
        self._book.add_waiting(contact, to, envelope)
        status = await self._post.subscribe(line, contact.inbox)
        if status is not Status.OK:
            self._book.delete(contact)
            if status is Status.REFUSED:
                raise refusal_words("used")
            raise StatusError(status, "the home makes no mailbox for you")
        self._post.wake(known.home_id)
        return contact

    async def took_accepts(
        self, invitation: Invitation, accepts: list[tuple[bytes, int]], line: HomeLine
    ) -> None:
        """Let the first valid accept win, refuse the others, burn the invitation."""
        now = self._opener.home_now(line)
        drained = drain(invitation, accepts, now, secrets.token_bytes)
        if drained.noise:
            log.warning("%d envelopes for an invitation were no valid accept", drained.noise)
        if drained.contact is None and not drained.refusals:
            return
        taken = self._book.take_drained(invitation, drained)
        if taken.contact is not None:
            await self._welcome(taken.contact, taken.replaced, invitation, line)
        self._post.wake(invitation.home_id)
        if taken.refused:
            self._tell(Refused(f"{taken.refused} more tried to use this invitation"))
            self._tell(notice(Security.LINK_USED_TWICE, invitation.name))

    async def _welcome(
        self,
        contact: Contact,
        replaced: tuple[Contact, ...],
        invitation: Invitation,
        line: HomeLine,
    ) -> None:
        try:
            await self._post.subscribe(line, contact.inbox)
            # The welcome first: who finds the invitation burnt, and no welcome, came second.
            self._post.wake(line.home_id)
            await self._post.flushed(line.home_id, _WELCOME_SECONDS)
            mailbox = invitation.inbox.address.mailbox
            await line.request(DeleteBundle(0, mailbox, invitation.id, BundleEnd.USED))
            await line.request(CloseMailbox(0, mailbox))
            await self._close_inboxes(replaced, line)
        except NetworkError:
            # The next line makes the mailbox; the bundle expires by itself.
            log.info("the line broke while an invitation was burnt")
        self._tell_of(contact)

    async def _close_inboxes(self, replaced: tuple[Contact, ...], line: HomeLine) -> None:
        for contact in replaced:
            if contact.home_id == line.home_id:
                await line.request(CloseMailbox(0, contact.inbox.address.mailbox))

    def took_welcome(self, draft: Draft, contact: Contact, body: bytes) -> After:
        """Confirm a contact on the inviter's welcome, and say so to the inviter."""
        if contact.standing is not Standing.WAITING:
            draft.put_contact(contact)
            return nothing
        try:
            confirmed = take_welcome(contact, body)
        except TrustError as error:
            return self._forget(draft, contact, error)
        # The mailboxes of those it replaces are left to expire: they may be at other homes.
        replaced = self._book.others_named(confirmed)
        confirmed = in_the_place_of(confirmed, replaced)
        draft.delete_contacts(replaced)
        draft.put_contact(confirmed)
        draft.seal(confirmed.id, BodyKind.CONFIRM, EMPTY_BODY)

        def after() -> None:
            self._post.wake(contact.home_id)
            self._tell_of(confirmed)

        return after

    def _tell_of(self, contact: Contact) -> None:
        self._tell(Accepted(contact.name))
        if contact.changed:
            self._tell(notice(Security.KEY_CHANGED, contact.name))

    def took_refused(self, draft: Draft, contact: Contact, body: bytes) -> After:
        """Forget a contact whose acceptance the inviter refused."""
        if contact.standing is not Standing.WAITING:
            draft.put_contact(contact)
            return nothing
        try:
            return self._forget(draft, contact, take_refused(contact, body))
        except TrustError as altered:
            return self._forget(draft, contact, altered)

    def _forget(self, draft: Draft, contact: Contact, error: RefusedError | TrustError) -> After:
        draft.delete_contacts((contact,))
        return lambda: self._tell_gone(contact, error)

    def gone(self, contact: Contact, error: RefusedError | TrustError) -> None:
        """Forget a contact that never came to be, and tell why."""
        self._book.delete(contact)
        self._tell_gone(contact, error)

    def _tell_gone(self, contact: Contact, error: RefusedError | TrustError) -> None:
        self._outcomes[contact.id] = error
        self._tell(Problem(str(error), error.next))
        self._tell(Refused(str(error)))

    def spoiled(self, contact: Contact) -> None:
        """Note that what came instead of a welcome cannot be opened; a real one still counts."""
        self._outcomes[contact.id] = TrustError(
            f"the welcome of {contact.name} was altered on its way", next=_INVITE_ANEW
        )

    def require_hope(self, contact: Contact) -> None:
        """Raise why a contact that waited for its welcome will never come to be, if so."""
        if contact.id in self._outcomes:
            raise self._outcomes.pop(contact.id)

    async def wait_for_welcome(self, contact: Contact, patience: float) -> Contact:
        """Wait a moment for the inviter; what is not decided by then goes on waiting.

        Raises `RefusedError` when the inviter refused, `TrustError` when what came was altered.
        """
        now = await self._watch(contact, patience)
        # Another may have used it, in the moment before ours came and nobody read it any more.
        if now is contact and await self._meeting.is_burnt(contact.home_id, contact.invitation):
            now = await self._watch(contact, _WELCOME_SECONDS)
            if now is contact:
                self.gone(contact, refusal_words("used"))
                self.require_hope(contact)
        return now

    async def _watch(self, contact: Contact, patience: float) -> Contact:
        """Give the contact once it is welcomed, or as it was when nothing came for so long."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while loop.time() < until:
            now = self._book.contact(contact.id)
            self.require_hope(contact)
            if now is None:
                raise refusal_words("used")
            if now.standing is Standing.OUT_OF_STEP:
                raise out_of_step(contact.name)
            if now.standing is not Standing.WAITING:
                return now
            await asyncio.sleep(0.02)
        return contact


def _invitation_link(text: str) -> InvitationLink:
    try:
        link = parse_link(text)
    except WireError as error:
        raise TrustError(str(error), next=error.next or _ASK_AGAIN) from None
    if not isinstance(link, InvitationLink):
        raise UsageError(
            "this is the link of a home, not an invitation",
            next="ask for an invitation, or make one with `hamseda invite --home LINK`",
        )
    return link
