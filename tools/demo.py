"""Show the main job without hands: a home, two people, an invitation, a call with speech.

Everything is the real thing: `hamseda` processes, TLS on loopback sockets, sound files that hold
what was played out. `make demo` runs this.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parent.parent
VOICE = ROOT / "tests" / "data" / "jfk-48k.wav"
SENTENCE = "Hello from the other side. I can hear you, and nobody between us can."
SECONDS = 8
PATIENCE = 30

Event = dict[str, Any]


class Command:
    """Be one running `hamseda` command and the events that it prints."""

    def __init__(self, *arguments: str | Path, log: TextIO) -> None:
        self.name = str(arguments[0])
        self.events: list[Event] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hamseda.cli.main", *map(str, arguments), "--json"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )

    def wait_for(self, name: str) -> Event:
        """Read events until the named one; end the demo when it cannot come."""
        if self._process.stdout is None:
            raise RuntimeError("started without a pipe")
        for line in self._process.stdout:
            event: Event = json.loads(line)
            self.events.append(event)
            if event["event"] == name:
                return event
        sys.exit(f"demo: `hamseda {self.name}` ended without '{name}': {self.events[-1:]}")

    def last(self, name: str) -> Event:
        """Give the newest event of a name."""
        return next(event for event in reversed(self.events) if event["event"] == name)

    def finish(self) -> int:
        """Read to the end and give the exit status."""
        if self._process.stdout is not None:
            self.events += [json.loads(line) for line in self._process.stdout]
        return self._process.wait(PATIENCE)

    def stop(self) -> None:
        """End the command as Ctrl-C would."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()


def run(scenes: Callable[[Path, Callable[..., Command]], None]) -> None:
    """Play scenes in a folder of their own and end what they started."""
    folder = Path(tempfile.mkdtemp(prefix="hamseda-demo-"))
    running: list[Command] = []
    with (folder / "log.txt").open("w", encoding="utf-8") as log:

        def start(*arguments: str | Path) -> Command:
            command = Command(*arguments, log=log)
            running.append(command)
            return command

        try:
            scenes(folder, start)
        finally:
            for command in reversed(running):
                command.stop()
    for leftover in ("home", "maryam", "reza", "page"):
        shutil.rmtree(folder / leftover, ignore_errors=True)


def begin(folder: Path, start: Callable[..., Command], *serve: str) -> tuple[str, str, Command]:
    """Open a home, let Maryam invite Reza and wait for his call.

    Give the home's link, the invitation's, and Maryam's command.
    """
    home = start("serve", "--data", folder / "home", "--port", "0", "--tls", "self-signed", *serve)
    link = home.wait_for("serving")["home"]
    say("A home opens", f"over TLS on a free port of this machine: {link.split('/')[2]}")

    invite = start("invite", "--profile", folder / "maryam", "--home", link, "--name", "Reza")
    invitation = invite.wait_for("invitation")["link"]
    invite.finish()
    say("Maryam invites Reza", f"…/#{invitation.split('#')[1][:12]}… (one link, works once)")

    maryam = start(
        "answer", "--profile", folder / "maryam", "--once", "--play", VOICE,
        "--record", folder / "heard-by-maryam.wav",
    )  # fmt: skip
    maryam.wait_for("ready")
    return link, invitation, maryam


def show(folder: Path, start: Callable[..., Command]) -> None:
    """Play the scenes."""
    second_voice = speak(folder / "speech-of-reza.wav")
    _, invitation, maryam = begin(folder, start)
    accept = start("accept", invitation, "--profile", folder / "reza", "--name", "Maryam")
    accept.wait_for("accepted")
    accept.finish()
    say("Reza accepts", "no account, no number: keys on both sides, a mailbox each way")

    reza = start(
        "call", "Maryam", "--profile", folder / "reza", "--play", second_voice,
        "--record", folder / "heard-by-reza.wav", "--duration", str(SECONDS),
    )  # fmt: skip
    reza.wait_for("ringing")
    say("Reza calls", "her phone rings")
    reza.wait_for("connected")
    say("Maryam answers", f"they talk for {SECONDS} s over the line that rang")
    failed = reza.finish() or maryam.finish()
    table(folder, {"Reza": reza, "Maryam": maryam})
    if failed or reza.last("sas")["emoji"] != maryam.last("sas")["emoji"]:
        sys.exit("demo: something went wrong; see log.txt beside the recordings")


def table(folder: Path, people: dict[str, Command]) -> None:
    """Print what both sides saw."""
    print()
    for name, command in people.items():
        sas, connected = command.last("sas"), command.last("connected")
        quality, ended = command.last("quality"), command.last("ended")
        share = quality["frames_on_time"] / max(1, quality["frames_expected"])
        words = "  ".join(
            f"{emoji} {word}" for emoji, word in zip(sas["emoji"], sas["names"], strict=True)
        )
        print(f"  {name:7} five words    {words}")
        print(f"          path          {connected['path']}")
        print(f"          set-up        {connected['setup_ms']} ms from the answer to sound")
        print(
            f"          frames        {quality['frames_on_time']} of "
            f"{quality['frames_expected']} on time ({share:.1%}), "
            f"there and back {quality['rtt_ms']} ms"
        )
        print(f"          ended         {ended['reason']} after {ended['duration_s']:.0f} s")
        print(f"          recording     {folder / f'heard-by-{name.lower()}.wav'}\n")
    print("  The five words are the same on both sides: keys swapped on the way would differ.")
    print("  Listen to the recordings: they hold what each side's speaker played.")


def speak(path: Path) -> Path:
    """Give Reza a voice of his own where espeak-ng is installed."""
    program = shutil.which("espeak-ng")
    if program is None:
        return VOICE
    command: Sequence[str] = (program, "-v", "en+f3", "-w", str(path), f"{SENTENCE} {SENTENCE}")
    subprocess.run(command, check=True)
    return path


def say(who: str, what: str) -> None:
    """Print one step with the time."""
    print(f"  {time.strftime('%H:%M:%S')}  {who:20} {what}", flush=True)


if __name__ == "__main__":
    run(show)
