"""Start a front, keep it running until a signal, stop it (spec/front.md)."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvloop

from hamseda.errors import sole
from hamseda.front.home import HomeBehind
from hamseda.serve import identity, log
from hamseda.serve.certificates import Tls
from hamseda.serve.config import Settings
from hamseda.serve.files import locked, make_private_dir
from hamseda.serve.front_app import FrontApp
from hamseda.serve.front_keys import load_or_create_front
from hamseda.serve.home import unix_now
from hamseda.serve.listener import Listener
from hamseda.serve.log import Event
from hamseda.serve.memory import keep_large_buffers_apart
from hamseda.serve.prefixes import Prefixes
from hamseda.serve.run import RENEWAL, listen, make_tls, raise_file_limit, renew_tls, stop_signal
from hamseda.serve.site import Site
from hamseda.serve.unfinished import Unfinished
from hamseda.transport.websocket import Web
from hamseda.wire.admission import Admission
from hamseda.wire.link import HomeLink

ANY_NUMBER: Final = 0


@dataclass(frozen=True, slots=True)
class Fronting:
    """Tell who started the front that it listens."""

    admission: Admission = field(repr=False)
    """What the home's operator has to admit; None of it is in any log."""
    port: int


def run_front(
    data: Path, link: HomeLink, settings: Settings, on_fronting: Callable[[Fronting], None]
) -> None:
    """Run a front until SIGINT or SIGTERM.

    Raise `ConfigError`, `StoreError`, or, where the home cannot be reached at the start,
    `NetworkError` or `TrustError`.
    """
    raise_file_limit()
    keep_large_buffers_apart()
    make_private_dir(data)
    with locked(data):
        try:
            uvloop.run(_run(data, link, settings, on_fronting))
        except BaseExceptionGroup as group:
            raise sole(group) from None


async def _run(
    data: Path, link: HomeLink, settings: Settings, on_fronting: Callable[[Fronting], None]
) -> None:
    journal = log.to_standard_error(time.time, is_json=settings.log == "json")
    log.catch_stray_errors(asyncio.get_running_loop(), journal)
    keys = load_or_create_front(data)
    sockets, ports = listen(settings, or_next=False)
    try:
        ways = identity.endpoints(settings, ports, keys.door)
        tls = make_tls(data, settings, ways)
        async with Web(connections=ANY_NUMBER) as web:
            home = HomeBehind(web, link, keys.signing, unix_now)
            await home.learn()
            site = Site(Path(settings.site) if settings.site else None)
            # The home sees these keys as pseudonyms: nobody else can tell whose they are.
            prefixes = Prefixes(secrets.token_bytes(32), settings.trusted_proxy)
            app = FrontApp(home, keys.door, site, prefixes, settings, journal)
            listener = Listener(
                Unfinished(settings.handshakes_per_prefix),
                prefixes,
                app.protocol,
                tls.context if tls else None,
                settings.handshake_seconds,
            )
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(listener.accept_from(each)) for each in sockets]
                tasks.append(group.create_task(_keep_fresh(tls, journal)))
                on_fronting(Fronting(Admission(ways[0], keys.signing.public), ports[0]))
                journal.event(Event.SERVING)
                await stop_signal().wait()
                journal.event(Event.STOPPING)
                for task in tasks:
                    task.cancel()
            app.server.pre_shutdown()
            await app.server.shutdown(0.1)
    finally:
        for listening in sockets:
            listening.close()
    journal.event(Event.STOPPED)


async def _keep_fresh(tls: Tls | None, journal: log.Log) -> None:
    """Renew the certificate before it runs out, until cancelled."""
    while True:
        await asyncio.sleep(RENEWAL)
        renew_tls(tls, journal)
