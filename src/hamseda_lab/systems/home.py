"""Start a home of hamseda abroad, under a name, and fronts that lead to it under other names."""

import os
import signal
import ssl
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from http.client import HTTPSConnection
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from hamseda_lab.errors import LabError
from hamseda_lab.events import Telling
from hamseda_lab.place import DOMESTIC_NAME, ELSEWHERE_NAME, HOME_NAME, Place
from hamseda_lab.weather import Trouble

STARTS: Final = 30.0
"""Seconds that a command has on a busy machine."""
FRONTS: Final[Mapping[str, str]] = MappingProxyType(
    {"elsewhere": ELSEWHERE_NAME, "domestic": DOMESTIC_NAME}
)
"""Names by host: one abroad in another prefix, one in the country; no censor has heard of them."""
NO_FRONTS: Final[Mapping[str, str]] = MappingProxyType({})
TROUBLES: Final = frozenset({Trouble.HOME_DOWN, Trouble.EXPIRED})
"""Those of servers."""
_PORT: Final = 443
_ENDS: Final = 5.0
_LOOKS: Final = 0.2
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
"""What a process inherits: no setting of the tester's own hamseda, and no proxy."""


class Servers:
    """Be a home and fronts that it has admitted, by host and name. Raise `LabError`.

    Invitations that are made from now on name all of them.
    """

    def __init__(self, place: Place, fronts: Mapping[str, str]) -> None:
        self._place = place
        data = str(place.folder / "home")
        with ExitStack() as stack:
            self._home = self._serve(stack, "home", HOME_NAME, "serve", "--data", data)
            self.link: Final = str(self._home.need("serving", STARTS)["home"])
            for host, name in fronts.items():
                own = str(place.folder / f"front-{host}")
                front = self._serve(stack, host, name, "front", "--home", self.link, "--data", own)
                line = str(front.need("front", STARTS)["admit"])
                admitting = start(place, "home", ("admit", line, "--data", data))
                if not admitting.wait(STARTS):
                    raise LabError("a home does not admit a front")
            self._wait_until_named(*fronts.values())
            self._stack = stack.pop_all()

    def _wait_until_named(self, *names: str) -> None:
        """Wait until the home's own document names its fronts."""
        path = urlsplit(self.link).path.rstrip("/") + "/home"
        until = time.monotonic() + STARTS
        while True:
            with self._place.net.host("home").entered():
                asking = HTTPSConnection(
                    self._place.address("home"), _PORT, timeout=STARTS, context=_anybody()
                )
                asking.connect()
            with closing(asking):
                asking.request("GET", path)
                document = asking.getresponse().read()
            if all(name.encode() in document for name in names):
                return
            if time.monotonic() > until:
                raise LabError("a home does not name the fronts that it admitted")
            time.sleep(_LOOKS)

    def begin(self, trouble: Trouble) -> bool:
        """Let an everyday trouble of servers begin; tell whether it is one."""
        if trouble not in TROUBLES:
            return False
        self._home.end(signal.SIGINT, _ENDS)
        if trouble is Trouble.EXPIRED:
            command = ("serve", "--data", str(self._place.folder / "home"))
            home = self._serve(self._stack, "home", HOME_NAME, *command, ended=True)
            home.need("serving", STARTS)
        return True

    def close(self) -> None:
        """End them all."""
        self._stack.close()

    def _serve(
        self, stack: ExitStack, host: str, name: str, *command: str, ended: bool = False
    ) -> Telling:
        where = ("--host", self._place.address(host), "--port", str(_PORT))
        certificate, key = self._place.authority.issue(name, ended=ended)
        public = ("--tls", str(certificate), str(key), "--public", f"https://{name}")
        serving = start(self._place, host, (*command, *where, *public))
        stack.callback(serving.end, signal.SIGINT, _ENDS)
        return serving


def _anybody() -> ssl.SSLContext:
    """Look at whoever answers: the lab knows who that is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def start(place: Place, host: str, arguments: Sequence[str], *, wrong_by: float = 0.0) -> Telling:
    """Start a command of hamseda on a host, with a clock that is wrong by so many seconds."""
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    env["HOME"] = str(place.folder)
    module = ("hamseda.cli.main",)
    if wrong_by:
        module = ("hamseda_lab.wrong_clock", str(wrong_by), *module)
    command = [sys.executable, "-m", *module, *arguments, "--json"]
    return place.tell(host, command, env)
