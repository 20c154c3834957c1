"""Start a home, keep it running until a signal, stop it cleanly."""

import asyncio
import contextlib
import resource
import signal
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from secrets import token_bytes
from typing import Final

import uvloop

from hamseda.errors import ConfigError, StoreError
from hamseda.serve import identity, keys, log
from hamseda.serve.app import App
from hamseda.serve.certificates import Tls
from hamseda.serve.config import Settings
from hamseda.serve.files import locked, make_private_dir
from hamseda.serve.fronts import Fronts
from hamseda.serve.home import Home, open_home, unix_now
from hamseda.serve.listener import Listener, bind
from hamseda.serve.log import Event
from hamseda.serve.memory import keep_large_buffers_apart
from hamseda.serve.page import Page, built_page, load_page
from hamseda.serve.site import Site
from hamseda.wire.codes import Bye
from hamseda.wire.descriptor import ENDPOINTS_MOST, Endpoint

STOP_SECONDS: Final = 1.5
RENEWAL: Final = 6 * 3600.0
"""Seconds between two looks at what expires."""
FRONTS_EVERY: Final = 1.0
"""Seconds between two looks at the list of fronts."""
FRONTS_AGAIN: Final = 10.0
"""The same after a failure: a full disk must not fill the log as well."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Tell who started the home that it listens."""

    link: str = field(repr=False)
    """The home link; None of it is in any log."""
    port: int
    is_next_port: bool
    """The wanted port was taken."""
    page_hash: str | None
    """SHA-256 of `hamseda.html`, the page in one file; None when this home serves none."""


def serve(
    data: Path, settings: Settings, *, or_next: bool, on_serving: Callable[[Serving], None]
) -> None:
    """Run a home until SIGINT or SIGTERM. Raise `ConfigError` or `StoreError`."""
    raise_file_limit()
    keep_large_buffers_apart()
    make_private_dir(data)
    with locked(data):
        uvloop.run(_serve(data, settings, or_next, on_serving))


async def _serve(
    data: Path, settings: Settings, or_next: bool, on_serving: Callable[[Serving], None]
) -> None:
    journal = log.to_standard_error(time.time, is_json=settings.log == "json")
    log.catch_stray_errors(asyncio.get_running_loop(), journal)
    home_keys = keys.load_or_create(data)
    sockets, ports = listen(settings, or_next=or_next)
    try:
        port = ports[0]
        ways = identity.endpoints(settings, ports, home_keys.door)
        fronts = Fronts(data, identity.home_id(home_keys), token_bytes(32), settings.front_prefixes)
        fronts.read_again()
        who = _identity(data, home_keys, _everywhere(ways, fronts), journal)
        tls = make_tls(data, settings, ways)
        async with open_home(data, settings, home_keys, who, fronts, journal) as home:
            home.tls = tls
            home.page = _page(settings, home_keys.door)
            if home.page is not None:
                home.page.allow(who.descriptor.endpoints)
            page_hash = home.page and home.page.single_file_hash
            is_next = settings.port not in {0, port}
            announce = partial(on_serving, Serving(str(who.link), port, is_next, page_hash))
            fresh = asyncio.create_task(_keep_fresh(home, data, ways))
            watching = asyncio.create_task(_watch_fronts(home, data, ways))
            try:
                await _listen(home, tls.context if tls else None, sockets, announce)
            finally:
                fresh.cancel()
                watching.cancel()
    finally:
        for listening in sockets:
            listening.close()
    journal.event(Event.STOPPED)


def _page(settings: Settings, door: str) -> Page | None:
    folder = Path(settings.page) if settings.page else built_page()
    return None if folder is None else load_page(folder, door)


async def _listen(
    home: Home,
    tls: ssl.SSLContext | None,
    sockets: list[socket.socket],
    announce: Callable[[], None],
) -> None:
    """Accept connections until a signal comes, then say goodbye."""
    stop = stop_signal()
    settings = home.settings
    site = Site(Path(settings.site) if settings.site else None)
    app = App(home, site)
    listener = Listener(
        home.unfinished, home.prefixes, app.protocol, tls, settings.handshake_seconds
    )
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(listener.accept_from(each)) for each in sockets]
        tasks.append(group.create_task(home.keep_up()))
        tasks.append(group.create_task(home.close_idle()))
        announce()
        home.log.event(Event.SERVING)
        await stop.wait()
        home.log.event(Event.STOPPING, lines=len(home.lines))
        for task in tasks:
            task.cancel()
    await _say_goodbye(home, app)
    try:
        await home.write_counters()
    except StoreError:
        home.log.event(Event.STORE_FAILED)


def listen(settings: Settings, *, or_next: bool) -> tuple[list[socket.socket], list[int]]:
    """Bind the main port and the further ones; return the sockets and the ports in that order."""
    sockets = bind(settings.host, settings.port, or_next=or_next)
    ports = [sockets[0].getsockname()[1]]
    try:
        for text in settings.more_ports:
            more = bind(settings.host, int(text), or_next=False)
            sockets += more
            ports.append(more[0].getsockname()[1])
    except ConfigError:
        for listening in sockets:
            listening.close()
        raise
    return sockets, ports


def stop_signal() -> asyncio.Event:
    """Return what is set when somebody wants this process to stop."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _say_goodbye(home: Home, app: App) -> None:
    """Tell every line that the home stops, all at once, for a limited time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS), asyncio.TaskGroup() as group:
            for line in list(home.lines):
                group.create_task(line.end(Bye.STOPPING))
    app.server.pre_shutdown()
    await app.server.shutdown(0.1)


def make_tls(data: Path, settings: Settings, ways: tuple[Endpoint, ...]) -> Tls | None:
    """Return what the settings say of TLS, ready for use; None: plain HTTP."""
    if not settings.tls:
        return None
    hosts = tuple(dict.fromkeys([*(way.host for way in ways), "localhost", "127.0.0.1"]))
    tls = Tls(data, settings.tls, hosts)
    tls.renew(time.time())
    return tls


def renew_tls(tls: Tls | None, journal: log.Log) -> None:
    """Renew the certificate if it runs out, or load the one that the operator changed."""
    try:
        if tls is not None and tls.renew(time.time()):
            journal.event(Event.CERTIFICATE_RENEWED)
    except (ConfigError, OSError):
        # What is loaded still works; the operator has weeks to notice.
        journal.event(Event.RENEWAL_FAILED)


async def _keep_fresh(home: Home, data: Path, ways: tuple[Endpoint, ...]) -> None:
    """Renew descriptor and certificate before they run out, until cancelled."""
    while True:
        await asyncio.sleep(RENEWAL)
        try:
            _establish(home, data, ways)
        except (ConfigError, OSError):
            home.log.event(Event.RENEWAL_FAILED)
        renew_tls(home.tls, home.log)


async def _watch_fronts(home: Home, data: Path, ways: tuple[Endpoint, ...]) -> None:
    """Take fronts in that are admitted while the home runs, until cancelled. No line is cut."""
    pause = FRONTS_EVERY
    while True:
        await asyncio.sleep(pause)
        pause = FRONTS_EVERY if take_fronts_in(home, data, ways) else FRONTS_AGAIN


def take_fronts_in(home: Home, data: Path, ways: tuple[Endpoint, ...]) -> bool:
    """Read the list of fronts if it changed, and publish what is not published yet.

    False: it failed. What could not be written is tried again the next time.
    """
    try:
        if home.fronts.read_again():
            home.log.event(Event.FRONTS_READ, fronts=len(home.fronts))
        if home.identity.descriptor.endpoints != _everywhere(ways, home.fronts):
            _establish(home, data, ways)
    except (ConfigError, OSError):
        home.log.event(Event.FRONTS_FAILED)
        return False
    return True


def _establish(home: Home, data: Path, ways: tuple[Endpoint, ...]) -> None:
    """Sign a new descriptor if the old one no longer fits."""
    home.identity = _identity(data, home.keys, _everywhere(ways, home.fronts), home.log)
    if home.page is not None:
        home.page.allow(home.identity.descriptor.endpoints)


def _identity(
    data: Path, home_keys: keys.HomeKeys, everywhere: tuple[Endpoint, ...], journal: log.Log
) -> identity.HomeIdentity:
    who = identity.establish(data, home_keys, everywhere, unix_now())
    if who.is_new:
        journal.event(Event.DESCRIPTOR_RENEWED)
    return who


def _everywhere(ways: tuple[Endpoint, ...], fronts: Fronts) -> tuple[Endpoint, ...]:
    return (*ways, *fronts.endpoints)[:ENDPOINTS_MOST]


def raise_file_limit() -> None:
    """Allow as many connections as the system lets this user have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
