"""Be a sound server with made-up devices: what is played into one can be heard by a program.

A PulseAudio of our own, without hardware, apart from one that may run here. A *mouth* is a
microphone whose sound we say, an *ear* a speaker that we hear.
"""

import shutil
import subprocess
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import numpy as np
from _sounds import RATE, Stamped

PROGRAMS: Final = ("pulseaudio", "pacat", "parec", "pactl")
_PIECE: Final = RATE // 100
_PATIENCE: Final = 10.0
_ALSA: Final = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"
_RAW: Final = ("--raw", "--format=s16le", f"--rate={RATE}", "--channels=1", "--latency-msec=10")


class SoundServer:
    """Be a server with devices of the names that were given."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        """Start it; say what is missing where it cannot be."""
        missing = [program for program in PROGRAMS if shutil.which(program) is None]
        assert not missing, "please install: pulseaudio pulseaudio-utils libasound2-plugins"
        folder.mkdir(mode=0o700)
        socket = folder / "socket"
        (folder / "asound.conf").write_text(_ALSA, encoding="ascii")
        self.environment = {
            "PULSE_SERVER": f"unix:{socket}",
            "PULSE_RUNTIME_PATH": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "HOME": str(folder),
        }
        """What a program needs to find the server."""
        self._alsa = folder / "asound.conf"
        modules = [f"module-native-protocol-unix socket={socket} auth-anonymous=1"]
        modules += [f"module-null-sink sink_name={name} rate={RATE} channels=1" for name in names]
        self._process = self._start(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1"]
            + [word for module in modules for word in ("-L", module)]
        )
        until = time.monotonic() + _PATIENCE
        while not socket.exists():
            assert time.monotonic() < until, "the sound server does not start"
            time.sleep(0.05)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def devices(self, mouth: str, ear: str) -> dict[str, str]:
        """Give what a program needs so that its only devices are these two."""
        here = {"PULSE_SOURCE": f"{mouth}.monitor", "PULSE_SINK": ear}
        return self.environment | here | {"ALSA_CONFIG_PATH": str(self._alsa)}

    @contextmanager
    def saying(self, name: str, pcm: bytes) -> Generator[None]:
        """Say something at a mouth, again and again."""
        process = self._start(["pacat", f"--device={name}", *_RAW], stdin=subprocess.PIPE)
        thread = threading.Thread(target=_feed, args=(process, pcm), daemon=True)
        thread.start()
        try:
            yield
        finally:
            process.kill()
            process.wait()
            thread.join()

    def hear(self, names: Sequence[str], seconds: float) -> dict[str, Stamped]:
        """Hear what several devices get for so long, all by one clock."""
        kept: dict[str, list[tuple[float, bytes]]] = {name: [] for name in names}
        processes = [
            self._start(["parec", f"--device={name}.monitor", *_RAW], stdout=subprocess.PIPE)
            for name in names
        ]
        threads = [
            threading.Thread(target=_keep, args=(process, kept[name]))
            for name, process in zip(names, processes, strict=True)
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        for process, thread in zip(processes, threads, strict=True):
            process.kill()
            process.wait()
            thread.join()
        return {name: _stamped(pieces) for name, pieces in kept.items()}

    def _start(
        self, command: Sequence[str], *, stdin: int | None = None, stdout: int | None = None
    ) -> subprocess.Popen[bytes]:
        path = {"PATH": "/usr/bin:/bin"}
        return subprocess.Popen(
            command,
            env=self.environment | path,
            stdin=stdin,
            stdout=stdout if stdout is not None else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _feed(process: subprocess.Popen[bytes], pcm: bytes) -> None:
    assert process.stdin is not None
    try:
        while True:
            process.stdin.write(pcm)
    except OSError:
        # It was ended.
        return


def _keep(process: subprocess.Popen[bytes], pieces: list[tuple[float, bytes]]) -> None:
    assert process.stdout is not None
    while len(piece := process.stdout.read(2 * _PIECE)) == 2 * _PIECE:
        pieces.append((1000 * time.time(), piece))


def _stamped(pieces: Sequence[tuple[float, bytes]]) -> Stamped:
    sound = np.frombuffer(b"".join(piece for _, piece in pieces), "<i2") / 32_768
    ends = np.asarray([end for end, _ in pieces])
    return Stamped.of(sound, RATE, ends, np.full(len(pieces), _PIECE), is_late=True)
