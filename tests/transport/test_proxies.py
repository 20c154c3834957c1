"""The proxy of a firm is used as other programs use it, and never for this machine."""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from pathlib import Path

import pytest
from aiohttp import WSMsgType, web

from hamseda.errors import NetworkError
from hamseda.serve.certificates import SELF_SIGNED, Tls
from hamseda.transport.dialling import Reach
from hamseda.transport.proxies import Proxy, system_proxy
from hamseda.transport.web_failures import UnansweredError
from hamseda.transport.websocket import Web
from hamseda.wire.scope import Scope

HOST = "home.example"


@pytest.fixture(autouse=True)
def no_proxy_of_the_tester(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without the tester's own settings."""
    for name in ("https_proxy", "all_proxy", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("name", "setting", "url"),
    [
        ("https_proxy", "http://proxy.example:3128", "http://proxy.example:3128"),
        ("HTTPS_PROXY", "proxy.example:3128", "http://proxy.example:3128"),
        ("all_proxy", "http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080"),
        ("https_proxy", "http://proxy.example", "http://proxy.example:80"),
    ],
)
def test_a_proxy_is_found_where_programs_look(
    monkeypatch: pytest.MonkeyPatch, name: str, setting: str, url: str
) -> None:
    """Whoever set it for everything else has set it for this."""
    monkeypatch.setenv(name, setting)
    assert system_proxy(HOST) == Proxy(url, {})


@pytest.mark.parametrize(
    "setting", ["socks5://proxy.example:1080", "https://proxy.example", "http://proxy.example:x"]
)
def test_what_is_not_spoken_here_is_no_proxy(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    """A guess would send the home's name somewhere in a form that nobody asked for."""
    monkeypatch.setenv("https_proxy", setting)
    assert system_proxy(HOST) is None


def test_this_machine_and_exceptions_need_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy must not learn of what stays here."""
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", ".example.org")
    assert system_proxy("127.0.0.1") is None
    assert system_proxy("localhost") is None
    assert system_proxy("www.example.org") is None
    assert system_proxy(HOST) is not None


def test_a_password_is_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs are sent to strangers for help."""
    monkeypatch.setenv("https_proxy", "http://ali:s%20ecret@proxy.example:3128")
    proxy = system_proxy(HOST)
    assert proxy is not None
    assert proxy.headers == {
        "Proxy-Authorization": "Basic " + base64.b64encode(b"ali:s ecret").decode()
    }
    assert repr(proxy) == "Proxy()"


class Firm:
    """Be a proxy that connects everything to one port of this machine, or refuses."""

    def __init__(self, target: int, *, allows: bool = True) -> None:
        self.heads: list[bytes] = []
        self._target = target
        self._allows = allows

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        if not self._allows:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_carry(reader, far_writer))
            tasks.create_task(_carry(far_reader, writer))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65_536):
        writer.write(chunk)
    writer.close()


def test_a_line_goes_through_a_proxy_and_shows_the_name_it_should(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy learns the endpoint and carries TLS, in which another name may stand."""
    shown: list[str] = []

    async def echo(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        message = await socket.receive()
        assert message.type is WSMsgType.BINARY
        await socket.send_bytes(message.data)
        return socket

    def note(_tls: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        shown.append(name or "")

    async def main() -> None:
        tls = Tls(tmp_path, SELF_SIGNED, (HOST,))
        tls.renew(time.time())
        tls.context.sni_callback = note
        app = web.Application()
        app.router.add_get("/line", echo)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls.context)
        await site.start()
        firm = Firm(runner.addresses[0][1])
        proxy = await asyncio.start_server(firm.take, "127.0.0.1", 0)
        port = proxy.sockets[0].getsockname()[1]
        monkeypatch.setenv("https_proxy", f"http://ali:secret@127.0.0.1:{port}")
        async with Web() as client:
            assert client.has_proxy(HOST)
            line = await client.connect(
                f"wss://{HOST}/line",
                tls_name="www.example.org",
                by_proxy=True,
                reach=Reach(Scope.LOOPBACK),
            )
            await line.send(b"\2hello")
            assert await line.receive() == b"\2hello"
            await line.close()
        (head,) = firm.heads
        assert head.startswith(b"CONNECT home.example:443 HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic " + base64.b64encode(b"ali:secret") in head
        proxy.close()
        await runner.cleanup()

    asyncio.run(main())
    assert shown == ["www.example.org"]


def test_a_proxy_that_refuses_has_answered_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No byte of TLS went out: the next attempt may follow at once."""

    async def main() -> None:
        firm = Firm(0, allows=False)
        proxy = await asyncio.start_server(firm.take, "127.0.0.1", 0)
        port = proxy.sockets[0].getsockname()[1]
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        async with Web() as client:
            with pytest.raises(UnansweredError) as failed:
                await client.connect(
                    f"wss://{HOST}/line", reach=Reach(Scope.LOOPBACK), by_proxy=True
                )
            assert failed.value.failure == "host_unreachable"
            with pytest.raises(NetworkError):
                await client.get(
                    f"https://{HOST}/x/home", reach=Reach(Scope.LOOPBACK), patience=1.0
                )
        assert len(firm.heads) == 2
        proxy.close()

    asyncio.run(main())
