"""Set up homes and people as real processes, over real sockets and TLS, and clear them away.

with World(tmp_path) as world:
    home = world.home()
    ali, maryam = world.person("ali"), world.person("maryam")
    world.befriend(home, ali, maryam)
    waiting = maryam.start_answer("--once", play=voice("jfk"))
    calling = ali.start_call("maryam", play=voice("jfk"), duration=5)
    calling.wait_for("connected")
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from hamseda.serve.audit import STORE_NAME
from tests.integration.mutation import PACKAGE
from tests.integration.running import PATIENCE, Running

AnyRunning = TypeVar("AnyRunning", bound=Running)

_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""What a process inherits: no setting of the tester's own hamseda, no proxy, no Python path."""


class World:
    """Be the folder and the processes of one test (or of several that share it).

    At the end every process is killed, and what all of them said is printed: pytest shows it
    where a test failed, and nowhere else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[Running] = []
        self._people = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        transcript = self.transcript()
        for running in self._running:
            running.dispose()
        print(transcript)

    def transcript(self) -> str:
        """Write down what all processes said."""
        return "\n".join(running.transcript() for running in self._running)

    @property
    def processes(self) -> Sequence[Running]:
        """List all processes that were ever started, in that order."""
        return tuple(self._running)

    def environment(self, package: Path | None, more: Mapping[str, str]) -> dict[str, str]:
        """Give what a process inherits; `package` is a folder with an altered copy of ours."""
        kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
        kept["HOME"] = str(self.folder)
        # The package under test by default: it may be an altered copy itself.
        paths = [more["PYTHONPATH"]] if "PYTHONPATH" in more else []
        paths.append(str(package or PACKAGE.parent))
        return kept | dict(more) | {"PYTHONPATH": os.pathsep.join(paths)}

    def keep(self, running: AnyRunning) -> AnyRunning:
        """Take a process into the world, which will end it."""
        self._running.append(running)
        return running

    def home(
        self,
        *options: str,
        name: str = "home",
        package: Path | None = None,
        env: Mapping[str, str] | None = None,
        **settings: object,
    ) -> Home:
        """Start a home on a free port with TLS; `options` and `settings` are those of `serve`."""
        home = Home(self, name, package, env or {}, [*options, *_assignments(settings)])
        home.start()
        return home

    def person(
        self, name: str, *, package: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Person:
        """Give a person with an empty profile, also when another one has the same name."""
        self._people += 1
        profile = self.folder / f"profile-{self._people}-{name}"
        return Person(self, name, profile, package, env or {})

    def pair(self, home: Home) -> Pair:
        """Give two people who are contacts of each other, as `ali` and `maryam`."""
        pair = Pair(self.person("ali"), self.person("maryam"))
        self.befriend(home, pair.ali, pair.maryam)
        return pair

    def befriend(self, home: Home, inviter: Person, accepter: Person) -> None:
        """Make two people contacts of each other at a home, each under the other's name."""
        waiting = inviter.start_invite(home, accepter.name)
        link = str(waiting.wait_for("invitation")["link"])
        accepter.accept(link, inviter.name)
        waiting.ended()


class Home:
    """Be one `hamseda serve`, over however many restarts."""

    def __init__(
        self,
        world: World,
        name: str,
        package: Path | None,
        env: Mapping[str, str],
        options: Sequence[str],
    ) -> None:
        self.name = name
        self.data = world.folder / name
        self.package = package
        self.env = dict(env)
        """What the next start adds to the environment."""
        self.port = 0
        self.link = ""
        self.runs: list[Running] = []
        self._world = world
        self._options = tuple(options)

    @property
    def process(self) -> Running:
        """Give the newest process."""
        return self.runs[-1]

    @property
    def database(self) -> Path:
        """Give the file of its mailboxes."""
        return self.data / STORE_NAME

    @property
    def log(self) -> str:
        """Give the log of all runs."""
        return "".join(run.stderr for run in self.runs)

    def start(self) -> None:
        """Start it, on the port of last time, and wait until it serves."""
        args = ["serve", "--data", str(self.data), "--port", str(self.port)]
        args += ["--tls", "self-signed", "--json", *self._options]
        environment = self._world.environment(self.package, self.env)
        self.runs.append(self._world.keep(Running(self.name, args, environment)))
        serving = self.process.wait_for("serving")
        self.port, self.link = int(serving["port"]), str(serving["home"])

    def stop(self) -> None:
        """Press Ctrl-C and wait for a clean end."""
        assert self.process.stop() == 0, self.process.transcript()

    def envelopes(self) -> int:
        """Count the envelopes that lie in all its mailboxes now."""
        return int(self._rows("SELECT count(*) FROM envelopes")[0][0])

    def mailboxes(self) -> list[bytes]:
        """List the ids of its mailboxes: what clients name on every line, inside it."""
        return [bytes(id) for (id,) in self._rows("SELECT id FROM mailboxes")]

    def _rows(self, question: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as db:
            return db.execute(question).fetchall()

    def wait_for_envelopes(self, count: int, timeout: float = 60.0) -> None:
        """Wait until so many envelopes lie in its mailboxes."""
        until = time.monotonic() + timeout
        while (found := self.envelopes()) != count:
            assert time.monotonic() < until, f"{found} envelopes lie at the home, not {count}"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()

    def restart(self) -> None:
        """Stop it cleanly and start it again on the same port."""
        self.stop()
        self.start()


class Person:
    """Be one person: a profile, and the commands that use it."""

    def __init__(
        self,
        world: World,
        name: str,
        profile: Path,
        package: Path | None,
        env: Mapping[str, str],
    ) -> None:
        self.name = name
        self.profile = profile
        self.package = package
        self.env = dict(env)
        """What the next command adds to the environment."""
        self._world = world
        self._recordings = 0

    def start(self, command: str, *args: str) -> Running:
        """Start a command of this person, with `--json`."""
        return self._world.keep(Running(*self._prepare(command, *args)))

    def _prepare(self, command: str, *args: str) -> tuple[str, list[str], dict[str, str]]:
        line = [command, "--profile", str(self.profile), "--json", *args]
        return f"{self.name} {command}", line, self._world.environment(self.package, self.env)

    def run(self, command: str, *args: str, status: int = 0, timeout: float = PATIENCE) -> Running:
        """Run a command to its end and insist on its exit status."""
        return self.start(command, *args).ended(timeout, status=status)

    def start_invite(self, home: Home, name: str, *args: str) -> Running:
        """Invite somebody and wait for them: the `invitation` event carries the link."""
        return self.start("invite", "--home", home.link, "--name", name, "--wait", *args)

    def invite(self, home: Home, name: str, *args: str) -> str:
        """Make an invitation, go offline, and give its link."""
        done = self.run("invite", "--home", home.link, "--name", name, *args)
        return str(done.last("invitation")["link"])

    def accept(self, link: str, name: str, *, status: int = 0) -> Running:
        """Accept a link, as the contact `name`."""
        return self.run("accept", link, "--name", name, status=status)

    def start_call(
        self, name: str, *args: str, play: Path | None = None, duration: float | None = None
    ) -> Talking:
        """Call a contact."""
        return self._talk("call", [name, *args], play, duration)

    def start_answer(
        self, *args: str, play: Path | None = None, duration: float | None = None
    ) -> Talking:
        """Wait for calls, and return when they can come."""
        talking = self._talk("answer", args, play, duration)
        talking.wait_for("ready")
        return talking

    def _talk(
        self, command: str, args: Sequence[str], play: Path | None, duration: float | None
    ) -> Talking:
        self._recordings += 1
        recording = self.profile.with_name(f"{self.profile.name}-heard-{self._recordings}.wav")
        more = ["--record", str(recording)]
        if play is not None:
            more += ["--play", str(play)]
        if duration is not None:
            more += ["--duration", str(duration)]
        return self._world.keep(Talking(*self._prepare(command, *args, *more), recording))


@dataclass(frozen=True, slots=True)
class Pair:
    """Be two people who are contacts: Ali invited, Maryam accepted."""

    ali: Person
    maryam: Person


class Talking(Running):
    """Be a process that talks; `recording` is what it plays out."""

    def __init__(
        self, name: str, args: Sequence[str], env: Mapping[str, str], recording: Path
    ) -> None:
        super().__init__(name, args, env)
        self.recording = recording


def _assignments(settings: Mapping[str, object]) -> list[str]:
    """Write settings as options of `hamseda serve`."""
    return [
        f"--set={key}={str(value).lower() if isinstance(value, bool) else value}"
        for key, value in settings.items()
    ]
