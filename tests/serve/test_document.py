"""What a home says over a line of where it can be found, and of its certificate."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hamseda.serve.certificates import TLS_NAME, Tls
from hamseda.wire.descriptor import (
    parse_descriptor_untrusted,
    parse_home_document_untrusted,
    parse_signed_descriptor_untrusted,
)
from hamseda.wire.document import DocumentReply, GetDocument
from tests.serve.home_process import running_home
from tests.serve.line_client import LineClient

HOSTS = ("home.example",)


def test_a_renewed_certificate_is_named_with_the_one_before_it(tmp_path: Path) -> None:
    """A line that was opened a moment before the renewal saw the old one: no false alarm."""
    tls = Tls(tmp_path, ("self-signed",), HOSTS)
    seen: list[bytes] = []
    for _ in range(3):
        (tmp_path / TLS_NAME).unlink(missing_ok=True)
        assert tls.renew(time.time())
        pem = (tmp_path / TLS_NAME).read_text("ascii")
        end = "-----END CERTIFICATE-----"
        certificate = pem[pem.index("-----BEGIN CERTIFICATE") : pem.index(end) + len(end)]
        seen.insert(0, hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).digest())
        assert tls.hashes == tuple(seen[:2])


def play(folder: Path, scene: Callable[[LineClient], Awaitable[None]], *options: str) -> None:
    """Run a scene with a line to a home."""

    async def run() -> None:
        async with running_home(folder / "home", *options) as home, LineClient(home.link) as line:
            await scene(line)

    asyncio.run(run())


async def ask(line: LineClient, version: int) -> DocumentReply:
    """Ask over a line as one who has this version."""
    reply = await line.request(GetDocument(line.q(), version))
    return DocumentReply.parse_untrusted(reply.data or b"")


@pytest.mark.calls
def test_who_has_an_older_list_gets_the_document(tmp_path: Path) -> None:
    """It is the one that the home serves over HTTP, checked in the same way."""

    async def scene(line: LineClient) -> None:
        shown = line.ws.get_extra_info("ssl_object").getpeercert(binary_form=True)
        reply = await ask(line, 0)
        assert f"{line.origin}/{reply.door}" == line.base
        assert reply.certificates == (hashlib.sha256(shown).digest(),)
        async with line.http.get(f"{line.base}/home") as response:
            assert reply.document == await response.read()
        signed = parse_home_document_untrusted(reply.document).signed
        body = parse_signed_descriptor_untrusted(signed).body
        assert (await ask(line, parse_descriptor_untrusted(body).version)).document == b""

    play(tmp_path, scene, "--tls", "self-signed")


@pytest.mark.calls
def test_a_home_without_tls_of_its_own_names_no_certificate(tmp_path: Path) -> None:
    """Behind somebody's web server the certificate is that server's; it must not be an alarm."""

    async def scene(line: LineClient) -> None:
        reply = await ask(line, 0)
        assert reply.document
        assert (reply.door, reply.certificates) == ("", ())

    play(tmp_path, scene)
