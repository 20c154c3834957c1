"""What a running home publishes, and what it does when that fails for a while."""

from __future__ import annotations

import asyncio
import io
import resource
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from hamseda.crypto.home_identity import verify_home_document_untrusted
from hamseda.crypto.signatures import SigningKey
from hamseda.serve import fronts, identity
from hamseda.serve.config import Settings
from hamseda.serve.fronts import Fronts
from hamseda.serve.home import Home, open_home, unix_now
from hamseda.serve.identity import DESCRIPTOR_NAME
from hamseda.serve.keys import load_or_create
from hamseda.serve.log import Log
from hamseda.serve.run import take_fronts_in
from hamseda.wire.admission import Admission
from hamseda.wire.descriptor import Endpoint

FRONT = Endpoint("https", "front.example", 443, "", "a-door-of-a-front", web=True)
ADMISSION = Admission(FRONT, SigningKey(b"f" * 32).public)


def play(data: Path, scene: Callable[[Home, tuple[Endpoint, ...]], Awaitable[None]]) -> str:
    """Run a scene with a home without sockets; give its log."""
    log = io.StringIO()

    async def run() -> None:
        keys = load_or_create(data)
        ways = identity.endpoints(Settings(), [8080], keys.door)
        who = identity.establish(data, keys, ways, unix_now())
        known = Fronts(data, who.home_id, bytes(32), 16)
        journal = Log(log, lambda: 0.0)
        async with open_home(data, Settings(), keys, who, known, journal) as home:
            await scene(home, ways)

    asyncio.run(run())
    return log.getvalue()


def published(home: Home) -> tuple[Endpoint, ...]:
    """Read what the home says of itself."""
    document = home.identity.document
    return verify_home_document_untrusted(document, home.identity.home_id).descriptor.endpoints


@contextmanager
def no_more_files() -> Generator[None]:
    """Let this process open nothing meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_list_of_fronts_that_could_not_be_read_is_read_later(tmp_path: Path) -> None:
    """An admission in a minute when every file was open came in only with the next restart."""

    async def scene(home: Home, ways: tuple[Endpoint, ...]) -> None:
        fronts.admit(tmp_path, ADMISSION)
        with no_more_files():
            assert not take_fronts_in(home, tmp_path, ways)
        assert take_fronts_in(home, tmp_path, ways)
        assert published(home) == (*ways, FRONT)

    log = play(tmp_path, scene)
    assert log.count("event=fronts_failed") == 1
    assert log.count("event=fronts_read") == 1


def test_a_front_that_could_not_be_published_is_published_later(tmp_path: Path) -> None:
    """A disk that was full for a minute must not hide a front for hours."""

    async def scene(home: Home, ways: tuple[Endpoint, ...]) -> None:
        fronts.admit(tmp_path, ADMISSION)
        # Nothing can be written under a name that is a folder's.
        blocked = tmp_path / f"{DESCRIPTOR_NAME}.new"
        blocked.mkdir()
        assert not take_fronts_in(home, tmp_path, ways)
        assert not take_fronts_in(home, tmp_path, ways)
        assert published(home) == ways
        blocked.rmdir()
        assert take_fronts_in(home, tmp_path, ways)
        assert published(home) == (*ways, FRONT)
        assert home.identity.descriptor.endpoints == (*ways, FRONT)

    log = play(tmp_path, scene)
    assert log.count("event=fronts_read") == 1
    assert log.count("event=fronts_failed") == 2
    assert log.count("event=descriptor_renewed") == 1


def test_what_is_published_is_not_signed_again(tmp_path: Path) -> None:
    """Every signature is a newer version, and every client would fetch it."""

    async def scene(home: Home, ways: tuple[Endpoint, ...]) -> None:
        fronts.admit(tmp_path, ADMISSION)
        assert take_fronts_in(home, tmp_path, ways)
        before = home.identity
        assert take_fronts_in(home, tmp_path, ways)
        assert home.identity is before
        fronts.remove(tmp_path, ADMISSION)
        assert take_fronts_in(home, tmp_path, ways)
        assert published(home) == ways

    play(tmp_path, scene)
