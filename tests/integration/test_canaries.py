"""Plant what nobody may learn in whole calls, and look for it wherever a home writes."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hamseda.client.book import Book
from hamseda.client.profile import Profile
from hamseda.crypto.invitation import invitation_id
from hamseda.protocol.contact import Contact
from hamseda.serve.identity import DESCRIPTOR_NAME
from hamseda.serve.keys import KEY_NAME, load_or_create
from hamseda.wire.link import HomeLink, InvitationLink, parse_link
from tests.integration.mutation import mutated_package
from tests.integration.running import Running
from tests.integration.world import Home, Person, World

pytestmark = pytest.mark.calls

ADDRESSES = {"ali": "127.83.19.201", "maryam": "127.83.19.202"}
NAMES = {"ali": "Zarrinkafsh Canary", "maryam": "Parvaneh Canary"}
EDGE = "made.setblocking(False)"


@dataclass(frozen=True, slots=True)
class Canary:
    """Be one planted thing in all the forms in which it could be written down."""

    what: str
    forms: tuple[bytes, ...] = field(repr=False)

    def is_in(self, data: bytes) -> bool:
        """Tell whether it is there in any form."""
        return any(form in data for form in self.forms)


def text(what: str, value: str) -> Canary:
    """Plant a text."""
    raw = value.encode()
    return Canary(what, (raw, raw.hex().encode(), value.encode("utf-16-le")))


def secret(what: str, value: bytes) -> Canary:
    """Plant bytes: raw, in hexadecimal of both cases, and in base64 of both kinds."""
    plain = base64.b64encode(value).rstrip(b"=")
    hexed = value.hex().encode()
    return Canary(what, (value, hexed, hexed.upper(), plain, _url(plain)))


def address(what: str, value: str) -> Canary:
    """Plant a network address: as text, packed, and the prefix that quotas count."""
    packed = ipaddress.ip_address(value).packed
    return Canary(what, (value.encode(), packed, packed.hex().encode(), value[:-4].encode()))


def _url(plain: bytes) -> bytes:
    return plain.replace(b"+", b"-").replace(b"/", b"_")


def contacts_of(person: Person) -> list[Contact]:
    """Read the contacts out of a profile that nobody uses now."""
    profile = Profile.open(person.profile)
    try:
        return Book(profile).contacts()
    finally:
        profile.close()


def secrets_of(contact: Contact) -> Iterator[Canary]:
    """List what a contact's record holds and no home may have."""
    inbox, peer = contact.inbox.address, contact.destination
    yield secret("capability", inbox.cap)
    yield secret("capability", peer.cap)
    yield secret("outer key", inbox.outer)
    yield secret("outer key", peer.outer)
    yield secret("read key", contact.inbox.read_seed)
    yield secret("identity key", contact.identity_seed)
    yield secret("identity", contact.ratchet.my_id)
    yield secret("session", contact.ratchet.sid)
    yield secret("context", contact.ctx)


def mailboxes_of(contact: Contact) -> Iterator[Canary]:
    """List what a home needs to keep, and must not write into a log."""
    yield secret("mailbox", contact.inbox.address.mailbox)
    yield secret("mailbox", contact.destination.mailbox)


def insist_on_absence(canaries: Iterable[Canary], place: str, data: bytes) -> None:
    """Insist that none of these is there, and name the first that is."""
    for canary in canaries:
        assert not canary.is_in(data), f"{canary.what} was found in {place}"


@dataclass(frozen=True, slots=True)
class Played:
    """Be a home and two people after whole calls, and all that was planted."""

    home: Home
    people: tuple[Person, ...]
    processes: tuple[Running, ...]
    link: str
    personal: tuple[Canary, ...] = field(repr=False)
    keys: tuple[Canary, ...] = field(repr=False)
    mailboxes: tuple[Canary, ...] = field(repr=False)
    link_hash: Canary = field(repr=False)
    door: Canary = field(repr=False)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Play an invitation, a call each way, a missed call and a crash, from known addresses."""
    folder = tmp_path_factory.mktemp("canaries")
    with World(folder) as world:
        home = world.home("--host", "127.0.0.1", "--set", "log=json")
        ali, maryam = (
            world.person(name, package=at_address(folder / f"package-{name}", ADDRESSES[name]))
            for name in ("ali", "maryam")
        )
        waiting = ali.start_invite(home, NAMES["maryam"])
        link = str(waiting.wait_for("invitation")["link"])
        maryam.accept(link, NAMES["ali"])
        waiting.ended()
        answering = maryam.start_answer("--once")
        ali.start_call(NAMES["maryam"], duration=1.2).ended()
        answering.ended()
        answering = ali.start_answer("--once")
        calling = maryam.start_call(NAMES["ali"])
        calling.wait_for("connected")
        assert all(is_connected(value) for value in ADDRESSES.values())
        home.kill()
        home.start()
        calling.wait_for("recovered")
        calling.stop()
        answering.ended()
        ali.start_call(NAMES["maryam"], "--patience", "0.5").ended(status=4)
        maryam.start("accept", link[:-3] + "AAA", "--name", "nobody").wait()
        parsed, home_link = parse_link(link), parse_link(home.link)
        assert isinstance(parsed, InvitationLink)
        assert isinstance(home_link, HomeLink)
        contacts = [*contacts_of(ali), *contacts_of(maryam)]
        yield Played(
            home,
            (ali, maryam),
            tuple(world.processes),
            link,
            personal=(
                *(text("name", name) for name in NAMES.values()),
                *(address("address", value) for value in ADDRESSES.values()),
                *(text("profile path", person.profile.name) for person in (ali, maryam)),
            ),
            keys=tuple(found for contact in contacts for found in secrets_of(contact)),
            mailboxes=tuple(found for contact in contacts for found in mailboxes_of(contact)),
            link_hash=secret("link", parsed.hash),
            door=text("door", home_link.door),
        )


def is_connected(value: str) -> bool:
    """Tell whether this machine has a connection from an address now."""
    packed = ipaddress.ip_address(value).packed
    return f" {packed[::-1].hex().upper()}:" in Path("/proc/net/tcp").read_text(encoding="ascii")


def at_address(folder: Path, value: str) -> Path:
    """Give a client that speaks from another address of this machine."""
    bound = f'{EDGE}\n    made.bind(("{value}", 0))'
    return mutated_package(folder, "transport/dialling.py", EDGE, bound)


def files_of(home: Home) -> dict[str, bytes]:
    """Read everything that a home has on disk."""
    found = {
        str(path.relative_to(home.data)): path.read_bytes()
        for path in home.data.rglob("*")
        if path.is_file()
    }
    assert len(found) >= 4
    return found


def test_the_search_finds_what_is_there(played: Played) -> None:
    """A search that never finds anything proves nothing: mailbox ids must lie in the database."""
    database = b"".join(files_of(played.home).values())
    assert all(canary.is_in(database) for canary in played.mailboxes)
    assert played.door.is_in(files_of(played.home)[KEY_NAME])
    said = b"".join(each.stdout.encode() for each in played.processes)
    assert all(canary.is_in(said) for canary in played.personal if canary.what == "name")
    assert played.link_hash.is_in(said)


def test_a_home_keeps_no_names_addresses_and_keys(played: Played) -> None:
    """Whoever takes the disk of a home learns nothing of the people on it."""
    files = files_of(played.home)
    burnt = secret("invitation", invitation_id(base64.urlsafe_b64decode(played.link[-43:] + "=")))
    for name, data in files.items():
        insist_on_absence(played.personal, name, data)
        insist_on_absence(played.keys, name, data)
        insist_on_absence([played.link_hash], name, data)
        if name not in {KEY_NAME, DESCRIPTOR_NAME}:
            insist_on_absence([played.door], name, data)
    assert burnt.is_in(b"".join(files.values())), "the mark of a used invitation says so"


def test_a_home_logs_nothing_of_anybody(played: Played) -> None:
    """Logs are copied, sent and kept for years."""
    log = played.home.log.encode()
    assert log.count(b"\n") >= 3, "there is a log to look through"
    insist_on_absence(played.personal, "the log", log)
    insist_on_absence(played.keys, "the log", log)
    insist_on_absence(played.mailboxes, "the log", log)
    keys = load_or_create(played.home.data)
    own = [
        secret("relay key", keys.relay_key),
        secret("line key", keys.line_seed),
        secret("identity key", keys.identity_seed),
    ]
    insist_on_absence([*own, played.link_hash, played.door], "the log", log)
    for run in played.home.runs:
        insist_on_absence(
            [*own, *played.keys, *played.mailboxes], "its output", run.stdout.encode()
        )
        assert [seen.event for seen in run.events] == ["serving"]


def test_a_client_says_no_secret(played: Played) -> None:
    """Output is pasted into questions to strangers: it may name contacts, and no key or token."""
    clients = [each for each in played.processes if each not in played.home.runs]
    assert len(clients) >= 7
    for client in clients:
        for place, said in (("output", client.stdout), ("errors", client.stderr)):
            data = said.encode()
            where = f"the {place} of {client.name}"
            insist_on_absence([*played.keys, *played.mailboxes], where, data)
            insist_on_absence((c for c in played.personal if c.what == "address"), where, data)
            if not client.all("invitation"):
                insist_on_absence([played.link_hash, played.door], where, data)
        assert not client.strays
