"""The web site outside the door, and what a prober learns of it: nothing."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.serve.home_process import HomeProcess, running_home

pytestmark = pytest.mark.calls

UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


async def ask(home: HomeProcess, request: bytes) -> bytes:
    """Send raw bytes and return the whole answer but its date."""
    reader, writer = await asyncio.open_connection("localhost", home.port)
    try:
        writer.write(request)
        async with asyncio.timeout(15):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
            answer = head + await reader.readexactly(int(length[1]) if length else 0)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    lines = answer.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"Date:"))


async def get(
    home: HomeProcess, path: str, extra: str = "", method: str = "GET", host: str = "localhost"
) -> bytes:
    """Ask for a path on a connection of its own."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n"
    return await ask(home, f"{head}{extra or 'Connection: close'}\r\n\r\n".encode())


def play(
    tmp_path: Path, scene: Callable[[HomeProcess], Awaitable[None]], *options: str
) -> HomeProcess:
    """Run a scene with a home."""

    async def run() -> HomeProcess:
        async with running_home(tmp_path / "home", *options) as home:
            await scene(home)
            return home

    return asyncio.run(run())


def test_wrong_doors_answer_like_any_page_that_is_not_there(tmp_path: Path) -> None:
    """A prober who guesses doors, with or without an upgrade, must see an ordinary small site."""

    async def scene(home: HomeProcess) -> None:
        door = home.link.door
        plain = await get(home, "/nothing-here")
        assert plain.startswith(b"HTTP/1.1 404 Not Found\r\nServer: nginx\r\n")
        for path in (
            f"/{door[:-1]}",
            f"/{door}x",
            f"/{door[:-1]}/home",
            "/hAAAAAAAAAAAAAAAAAAAAAA/home",
            f"//{door}",
            f"/{door}/nothing",
            f"/{door}/line",
            f"/{door}/i/AAAAAAAAAAAAAAAAAAAAAA",
            f"/{door}/i/",
            f"/{door}/i/%00",
            f"/{door}/home/",
            "/.git/config",
            "/%2e%2e/%2e%2e/etc/passwd",
        ):
            assert await get(home, path) == plain, path
        upgraded = await get(home, "/hAAAAAAAAAAAAAAAAAAAAAA/line", UPGRADE + "X: y")
        assert upgraded == await get(home, "/nothing-here", UPGRADE + "X: y")
        assert upgraded == plain.replace(b"Connection: close\r\n", b"")

    play(tmp_path, scene)


def test_behind_the_door_are_page_and_document(tmp_path: Path) -> None:
    """Who has the link finds the home, and nothing that the page loads can come from elsewhere."""

    async def scene(home: HomeProcess) -> None:
        door = home.link.door
        page = await get(home, f"/{door}")
        assert page == await get(home, f"/{door}/")
        assert b"default-src 'none'" in page
        assert b"Referrer-Policy: no-referrer" in page
        assert b"<title>hamseda</title>" in page
        document = await get(home, f"/{door}/home")
        assert document.startswith(b"HTTP/1.1 200 OK")
        assert b"Cache-Control: no-store" in document

    play(tmp_path, scene)


def test_nothing_names_the_software(tmp_path: Path) -> None:
    """A scanner that looks for rare servers must pass by."""

    async def scene(home: HomeProcess) -> None:
        answers = [
            await get(home, "/"),
            await get(home, "/x"),
            await get(home, "/", method="POST"),
            await get(home, "/", method="BREW"),
            await get(home, "/" + "x" * 9000),
            await get(home, "/", "A: " + "x" * 9000),
            await get(home, "/", "A B: c"),
            await ask(home, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(50)),
            await ask(home, b"GET / HTTP/9.9\r\n\r\n"),
            await ask(home, b"\0\0\0\0\r\n\r\n"),
            await get(home, "/", "Content-Length: nonsense"),
        ]
        for answer in answers:
            assert answer.startswith(b"HTTP/1."), answer
            assert b"\r\nServer: nginx\r\n" in answer
            lower = answer.lower()
            assert b"aiohttp" not in lower
            assert b"python" not in lower
            assert b"hamseda" not in lower
            assert home.link.door.encode() not in answer or answer is answers[0]

    home = play(tmp_path, scene)
    assert "event=bug" not in home.log


def test_on_this_machine_the_front_page_leads_to_the_door(tmp_path: Path) -> None:
    """Who started it must find it under the address that was printed, without copying a link."""

    async def scene(home: HomeProcess) -> None:
        link = home.link
        answer = await get(home, "/")
        assert answer.startswith(b"HTTP/1.1 302")
        assert f"Location: /{link.door}#h={link.home_id}\r\n".encode() in answer
        hidden = [
            await get(home, "/", host="home.example"),
            await get(home, "/", host="localhost.evil.example"),
            await get(home, "/", "X-Forwarded-For: 198.51.100.7\r\nConnection: close"),
            await get(home, "/", "Via: 1.1 proxy\r\nConnection: close"),
        ]
        for other in hidden:
            assert other.startswith(b"HTTP/1.1 200")
            assert link.door.encode() not in other

    play(tmp_path, scene)


def test_public_home_tells_nobody_its_door(tmp_path: Path) -> None:
    """A proxy on the same machine asks from localhost, too."""

    async def scene(home: HomeProcess) -> None:
        answer = await get(home, "/")
        assert answer.startswith(b"HTTP/1.1 200")
        assert home.link.door.encode() not in answer

    play(tmp_path, scene, "--public", "https://home.example")


def test_site_of_the_operators_choice(tmp_path: Path) -> None:
    """The best disguise is a real site; nothing outside its folder is shown."""
    site = tmp_path / "site"
    (site / "sub").mkdir(parents=True)
    (site / "index.html").write_text("<p>Roses</p>", encoding="utf-8")
    (site / "sub" / "index.html").write_text("<p>Tulips</p>", encoding="utf-8")
    (site / "style.css").write_text("p{}", encoding="utf-8")
    (site / ".secret").write_text("hidden", encoding="utf-8")
    (tmp_path / "outside.txt").write_text("outside", encoding="utf-8")
    (site / "link.txt").symlink_to(tmp_path / "outside.txt")

    async def scene(home: HomeProcess) -> None:
        assert b"Roses" in await get(home, "/", host="garden.example")
        assert b"Tulips" in await get(home, "/sub/")
        style = await get(home, "/style.css")
        assert b"Content-Type: text/css" in style
        assert b"Server: nginx" in style
        missing = await get(home, "/missing.css")
        for path in ("/.secret", "/link.txt", "/../outside.txt", "/%2e%2e/outside.txt",
                     "/sub/..%2f..%2foutside.txt", "/%00", "/\\outside.txt"):  # fmt: skip
            assert await get(home, path) == missing, path

    play(tmp_path, scene, "--site", str(site))
