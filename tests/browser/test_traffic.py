"""What leaves the browser in a whole call, as the home and the browser see it, and its cost."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Playwright

from tests.browser.person import PagePerson, befriend_terminal
from tests.browser.plain_home import PlainHome
from tests.browser.recorder import Recorder
from tests.browser.sound import as_microphone
from tests.browser.window import Window, resolver_rules
from tests.integration.world import World
from tests.speech import voice

pytestmark = pytest.mark.browser

CONFESS = Path(__file__).parent / "confess.js"
LISTEN = 'window.keys = []; new BroadcastChannel("confess").onmessage = (m) => keys.push(m.data);'

INVITED = "Zarafshan 7731"
INVITER = "Kayhan 4402"
_NO_PAGE = "not an origin"

CONNECTIONS_MOST = 2
STEADY_SECONDS = 17.0
"""A home closes what nobody uses after 15 s."""
FIRST_REQUESTS_MOST = 8
"""Page, script, style, icon, Worker, worklets, the home's document, the line."""
KEPT_REQUESTS_MOST = 7
"""For a visit without the home: service worker, page, Worker, worklets, font, icon, manifest."""
LATER_REQUESTS_MOST = 3
"""The service worker, the home's document, the line: the page itself is here."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Be all that could be seen of one person's first visit, call, and second visit."""

    said: bytes = field(repr=False)
    """What the browser said to the home, below TLS and without masks."""
    heard: bytes = field(repr=False)
    first_requests: list[str]
    later_requests: list[str]
    open_connections: int
    """In the middle of the call."""
    keys: list[tuple[str, bytes]] = field(repr=False)
    """Secret keys that the Worker made or took: (algorithm, key)."""
    link: str
    origin: str
    asked_by_page: list[str]
    """Addresses that the page asked for, from the browser's own log."""


@pytest.fixture(scope="module")
def traffic(
    playwright: Playwright, page_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Traffic]:
    """Invite somebody, talk, hang up, come back; and give all that could be seen of it.

    The home runs without TLS, which would hide from this test what it wants to see.
    """
    folder = tmp_path_factory.mktemp("traffic")
    with World(folder) as world:
        home = PlainHome(world, _confessing(page_folder, folder / "page"))
        with Recorder(home.port) as recorder:
            yield _watch(playwright, world, home, recorder, folder)


def _confessing(page: Path, folder: Path) -> Path:
    """Copy the page, with a Worker that tells its keys to this test."""
    shutil.copytree(page, folder)
    (worker,) = (folder / "assets").glob("main-*.js")
    before = _integrity(worker)
    worker.write_text(CONFESS.read_text("utf-8") + worker.read_text("utf-8"), "utf-8")
    for name in ("sw.js", "index.html"):
        file = folder / name
        file.write_text(file.read_text("utf-8").replace(before, _integrity(worker)), "utf-8")
    return folder


def _integrity(file: Path) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode()


def _watch(
    playwright: Playwright, world: World, home: PlainHome, recorder: Recorder, folder: Path
) -> Traffic:
    log = folder / "net-log.json"
    flags = [
        resolver_rules(f"MAP localhost:{home.port} 127.0.0.1:{recorder.port}"),
        f"--log-net-log={log}",
    ]
    microphone = as_microphone(voice("jfk"), folder / "microphone.wav")
    address = home.link.partition("#")[0]
    with Window(playwright.chromium, folder / "browser", microphone, more=flags) as window:
        window.context.add_init_script(LISTEN)
        page = PagePerson(INVITER, window, address, microphone)
        terminal = world.person(INVITED)
        link = befriend_terminal(page, terminal)
        answering = terminal.start_answer("--once", play=voice("jfk"))
        page.call(INVITED)
        page.wait_until_talking()
        window.wait_until_heard(STEADY_SECONDS)
        open_connections = recorder.open_connections()
        page.hang_up()
        page.reason()
        answering.ended()
        keys = [(key["name"], bytes(key["key"])) for key in page.page.evaluate("keys")]
        first = len(recorder.requests)
        page.page.reload()
        page.wait_until_ready()
    # The tap belongs to the test.
    requests = [request for request in recorder.requests if not request.endswith("/tap.js")]
    later = [request for request in recorder.requests[first:] if not request.endswith("/tap.js")]
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    return Traffic(
        said=recorder.said(),
        heard=recorder.heard(),
        first_requests=requests[: len(requests) - len(later)],
        later_requests=later,
        open_connections=open_connections,
        keys=keys,
        link=link,
        origin=origin,
        asked_by_page=_asked_by(origin, json.loads(log.read_text("utf-8"))),
    )


def _asked_by(origin: str, log: dict[str, Any]) -> list[str]:
    """List what a page asked for; what the browser wants for itself has no page's origin."""
    start = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    asked: list[dict[str, str]] = [
        event["params"]
        for event in log["events"]
        if event["type"] == start and "initiator" in event.get("params", {})
    ]
    own = {urlsplit(each["url"]).netloc for each in asked if each["initiator"] == _NO_PAGE}
    print(f"the browser's own: {own}")
    return [each["url"] for each in asked if each["initiator"] == origin]


def spellings(secret: bytes) -> list[bytes]:
    """List the ways in which a secret could stand in a stream of bytes."""
    encoded = [base64.b64encode(secret), base64.urlsafe_b64encode(secret)]
    return [secret, secret.hex().encode(), *(each.rstrip(b"=") for each in encoded)]


def test_the_page_asks_nobody_but_its_home(traffic: Traffic) -> None:
    """A font, a counter or an avatar from elsewhere would tell a stranger who calls when."""
    assert len(traffic.asked_by_page) > len(traffic.later_requests)
    hosts = {urlsplit(url).netloc for url in traffic.asked_by_page}
    assert hosts == {urlsplit(traffic.origin).netloc}


def test_names_stay_on_the_device(traffic: Traffic) -> None:
    """What one calls one's people is nobody else's business, the home's least of all."""
    for name in (INVITED, INVITER):
        for spelled in (name.encode(), name.encode("utf-16-le"), name.split()[0].encode()):
            assert spelled not in traffic.said
            assert spelled not in traffic.heard


def test_no_key_leaves_the_device(traffic: Traffic) -> None:
    """The home passes the call on; with one of these keys it could listen."""
    kinds = {name for name, _ in traffic.keys}
    assert {"AES-GCM", "HMAC"} <= kinds, "the Worker confesses, else this test proves nothing"
    secrets = {key for _, key in traffic.keys if len(key) == 32 and any(key)}
    assert len(secrets) >= 20
    for secret in secrets:
        assert not any(spelled in traffic.said for spelled in spellings(secret))
        assert not any(spelled in traffic.heard for spelled in spellings(secret))


def test_the_invitation_is_not_told_to_the_home(traffic: Traffic) -> None:
    """What stands behind the `#` opens the door: whoever has it could come first."""
    fragment = traffic.link.partition("#")[2]
    secret = base64.urlsafe_b64decode(fragment + "=")
    assert len(secret) == 32
    assert not any(spelled in traffic.said for spelled in spellings(secret))


def test_this_test_sees_what_is_said(traffic: Traffic) -> None:
    """A recorder that is deaf would find no secret either."""
    door = urlsplit(traffic.link).path
    assert f"GET {door}/line HTTP/1.1".encode() in traffic.said
    assert len(traffic.said) > STEADY_SECONDS * 50 * 60, "speech: 60 bytes fifty times a second"


def test_a_visit_costs_few_requests(traffic: Traffic) -> None:
    """Each request costs a round trip, and each connection a TLS handshake that can be cut."""
    most = FIRST_REQUESTS_MOST + KEPT_REQUESTS_MOST
    assert len(traffic.first_requests) <= most, traffic.first_requests
    assert len(traffic.later_requests) <= LATER_REQUESTS_MOST, traffic.later_requests
    assert traffic.open_connections <= CONNECTIONS_MOST
