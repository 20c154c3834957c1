"""Keep the lists of endpoints new: ask homes over their lines, take what contacts pass on.

The same answer says which certificate the home itself serves, so that somebody in between who
ends TLS is noticed (spec/lists.md §2).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from hamseda.client.book import Book
from hamseda.client.events import EndpointsOffered, Event, TlsIntercepted
from hamseda.client.homes import EndpointList, HomeDirectory, KnownHome, Use
from hamseda.client.line import HomeLine
from hamseda.errors import NetworkError, TrustError, UsageError, WireError
from hamseda.protocol.contact import Contact
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.document import DocumentReply, GetDocument, format_list, parse_list_untrusted
from hamseda.wire.host import bracketed
from hamseda.wire.link import HomeLink, parse_link
from hamseda.wire.status import Status

log = logging.getLogger(__name__)

ASK_SECONDS = 3600.0
"""How long what a home said is new enough (spec/registry.md §4)."""


@dataclass(slots=True)
class _Home:
    """Remember what one home said last, in this process."""

    asked: float
    door: str = ""
    certificates: tuple[bytes, ...] = ()
    is_told: bool = False
    """The person knows that TLS is broken on the way to this home."""


class EndpointLists:
    """Be one client's knowledge of how new its lists are."""

    def __init__(
        self, directory: HomeDirectory, tell: Callable[[Event], None], tasks: asyncio.TaskGroup
    ) -> None:
        self._directory = directory
        self._tell = tell
        self._tasks = tasks
        self._homes: dict[str, _Home] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def line_opened(self, line: HomeLine) -> None:
        """Ask over a line that was just opened, unless the answer is known; nobody waits for it."""
        asking = self._tasks.create_task(self._ask_if_due(line))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    async def settled(self, patience: float) -> None:
        """Wait until every home that is being asked has answered."""
        if self._asking:
            await asyncio.wait(set(self._asking), timeout=patience)

    async def _ask_if_due(self, line: HomeLine) -> None:
        now = asyncio.get_running_loop().time()
        said = self._homes.get(line.home_id)
        if said is not None and now - said.asked < ASK_SECONDS and not _is_odd(line, said):
            return
        said = self._homes.setdefault(line.home_id, _Home(now))
        said.asked = now
        try:
            await self._ask(line, said)
        except NetworkError as error:
            log.info("a home could not be asked for its list: %s", error.failure)
        except WireError:
            log.warning("what a home says of its endpoints is not signed as it must be")

    async def _ask(self, line: HomeLine, said: _Home) -> None:
        known = await self._directory.get(line.home_id)
        # Before the question: the line may be another one when the answer comes.
        seen = line.seen
        reply = await line.request(GetDocument(0, known.document_version))
        if reply.status is not Status.OK:
            return
        answer = DocumentReply.parse_untrusted(reply.data or b"")
        if answer.document and self._directory.take_document_untrusted(
            line.home_id, answer.document
        ):
            log.info("a home has a newer list of endpoints")
        said.door, said.certificates = answer.door, answer.certificates
        if seen is not None and _is_foreign(seen, said) and not said.is_told:
            said.is_told = True
            self._tell(TlsIntercepted(address(seen[0])))

    def took(self, contact: Contact, body: bytes) -> None:
        """Take a list that a contact passed on; what is of no use is dropped without a word.

        One of another home waits for the person's yes: its operator could otherwise learn, by an
        endpoint made for one person, that both homes have the same one (spec/lists.md §4).
        """
        try:
            passed_on = self._directory.judge_list_untrusted(body)
        except WireError:
            return
        if passed_on.home_id == contact.home_id:
            self._directory.take_list(passed_on)
        elif passed_on.use is Use.NEWER:
            end = passed_on.descriptor.endpoints[0]
            self._tell(EndpointsOffered(contact.name, address(end), format_list(body)))


def _is_odd(line: HomeLine, said: _Home) -> bool:
    """Tell whether a line shows another certificate than the home named, and nobody was told."""
    seen = line.seen
    return seen is not None and not said.is_told and _is_foreign(seen, said)


def _is_foreign(seen: tuple[Endpoint, bytes], said: _Home) -> bool:
    end, certificate = seen
    return end.door == said.door and certificate not in said.certificates


def judge_text(text: str, directory: HomeDirectory) -> EndpointList:
    """Check the text of a list that a person brought; `TrustError` for what no home signed."""
    try:
        return directory.judge_list_untrusted(parse_list_untrusted(text))
    except WireError as error:
        raise TrustError(
            str(error) if error.next else "no home has signed this list as it is",
            next=error.next or "ask for it again, sent another way",
        ) from None


async def homes_named(text: str | None, directory: HomeDirectory, book: Book) -> list[KnownHome]:
    """Find known homes by host, link, id or the name of a contact there; all of them for None."""
    known = [await directory.get(home_id) for home_id in directory.known_ids()]
    if text is None:
        return known
    contact = book.find(text)
    wanted = _home_id(text) if contact is None else contact.home_id
    hosts = {text.lower(), text.lower().rstrip("/")}
    found = [
        home
        for home in known
        if home.home_id == wanted
        or any(hosts & {end.host.lower(), address(end).lower()} for end in home.endpoints)
    ]
    if not found:
        there = ", ".join(address(home.endpoints[0]) for home in known) or "none yet"
        raise UsageError(
            f"this profile knows no home {text!r}; it knows: {there}",
            next="name a home by its host, or by a contact who lives there",
        )
    return found


def sole_home(found: list[KnownHome]) -> KnownHome:
    """Give the one home that was meant, or raise `UsageError`."""
    if len(found) == 1:
        return found[0]
    there = ", ".join(address(home.endpoints[0]) for home in found) or "none yet"
    raise UsageError(f"which home? There is: {there}", next="name one home by its host")


def _home_id(text: str) -> str:
    try:
        link = parse_link(text)
    except WireError:
        return text
    return link.home_id if isinstance(link, HomeLink) else text


def address(end: Endpoint) -> str:
    """Name an endpoint to a person, without its door."""
    return f"{end.scheme}://{bracketed(end.host)}:{end.port}"
