"""Be a person with Mumble: connect, talk, listen, and say in JSON what is heard.

It follows Mumble 1.3's own client where that decides about a call: datagrams first, pings every
five seconds, and the voice inside the TCP connection when twenty seconds brought no datagram back.
Its sound is no sound: who listens counts packets, 20 ms each, and when they come.

Usage: python -m hamseda_lab.systems.mumble_client HOST PORT NAME
"""

import asyncio
import json
import random
import ssl
import sys
import time
from typing import Final, cast

from hamseda_lab.systems import mumble_wire as wire
from hamseda_lab.systems.ocb import Seal

FRAME: Final = 0.02
SIZE: Final = 60
"""Bytes of a frame: 24 kbit/s."""
BUFFER: Final = 0.2
"""Seconds that a frame may be later than the quickest one and still be played."""
PINGS: Final = 5.0
FALLS_BACK: Final = 20.0
_NEEDED: Final = 3
_LOST: Final = 30.0
"""Seconds without anything from the server."""
_STEPS: Final = 2
"""Mumble numbers a voice in steps of 10 ms."""


class Ear:
    """Count what is heard in time."""

    def __init__(self) -> None:
        self.on_time = 0
        self._base: float | None = None
        self._first = 0

    def hear(self, number: int, now: float) -> bool:
        """Take a frame; tell whether it is the first of all."""
        is_first = self._base is None
        if self._base is None:
            self._base, self._first = now, number
        due = self._base + (number - self._first) * FRAME
        # The quickest frame so far says when the others should come.
        self._base = min(self._base, self._base + now - due)
        self.on_time += now - due <= BUFFER
        return is_first

    def expected(self, now: float) -> int:
        """Count the frames that should have been played by now."""
        return 0 if self._base is None else max(1, round((now - self._base - BUFFER) / FRAME))


class Client(asyncio.DatagramProtocol):
    """Be one connection to a server."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ear = Ear()
        self._seal: Seal | None = None
        self._datagrams: asyncio.DatagramTransport | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._uses_udp = True
        self._received = self._server_received = 0
        self._synced_at = self._heard_at = time.monotonic()

    async def run(self, host: str, port: int) -> None:
        """Connect and talk until the connection ends."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # People accept a server's certificate at first sight.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        async with asyncio.timeout(_LOST):
            reader, self._writer = await asyncio.open_connection(host, port, ssl=context)
        address = self._writer.get_extra_info("peername")[:2]
        loop = asyncio.get_running_loop()
        made = await loop.create_datagram_endpoint(lambda: self, remote_addr=address)
        self._datagrams = made[0]
        self._writer.write(wire.greeting(self._name))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in (self._talk(), self._ping(), self._tell())]
            try:
                await self._read(reader)
            finally:
                for task in tasks:
                    task.cancel()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            async with asyncio.timeout(_LOST):
                head = await reader.readexactly(6)
                body = await reader.readexactly(int.from_bytes(head[2:], "big"))
            self._obey(int.from_bytes(head[:2], "big"), body)

    def _obey(self, kind: int, body: bytes) -> None:
        if kind == wire.TUNNEL:
            self._hear(body)
        elif kind == wire.CRYPT:
            given = wire.read_fields_untrusted(body)
            if {1, 2, 3} <= given.keys():
                self._seal = Seal(*(cast("bytes", given[number]) for number in (1, 2, 3)))
        elif kind == wire.SYNC:
            self._synced_at = time.monotonic()
            say("ready")
        elif kind == wire.PING:
            good = wire.read_fields_untrusted(body).get(2, 0)
            self._server_received = good if isinstance(good, int) else 0
        elif kind == wire.REJECT:
            raise ConnectionRefusedError("the server rejected this person")

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Take a datagram."""
        del addr
        plain = self._seal.open(data) if self._seal is not None else None
        if plain is None:
            return
        self._received += 1
        if not wire.is_ping_untrusted(plain):
            self._hear(plain)

    def error_received(self, exc: Exception) -> None:
        """Do as Mumble does with what a network says about datagrams: nothing."""
        del exc

    def _hear(self, packet: bytes) -> None:
        heard = wire.read_voice_untrusted(packet)
        if heard is not None and self._ear.hear(heard[0] // _STEPS, time.monotonic()):
            say("connected", path=self._path)

    @property
    def _path(self) -> str:
        return "udp" if self._uses_udp else "tcp"

    async def _talk(self) -> None:
        dice = random.Random(self._name)  # noqa: S311 - no secret
        number, began = 0, time.monotonic()
        while True:
            packet = wire.voice(number * _STEPS, dice.randbytes(SIZE))
            if self._seal is not None and self._uses_udp:
                self._send(packet)
            elif self._seal is not None and self._writer is not None:
                self._writer.write(wire.message(wire.TUNNEL, packet))
            number += 1
            await asyncio.sleep(max(0.0, began + number * FRAME - time.monotonic()))

    async def _ping(self) -> None:
        while True:
            if self._seal is not None and self._writer is not None:
                self._send(wire.ping(1))
                counted = wire.fields((1, 1), (2, self._received))
                self._writer.write(wire.message(wire.PING, counted))
                self._choose()
            await asyncio.sleep(PINGS if self._seal is not None else 0.05)

    def _choose(self) -> None:
        """Change between datagrams and TCP by Mumble's own rule."""
        nothing_comes = not self._received or not self._server_received
        is_late = time.monotonic() - self._synced_at > FALLS_BACK
        if self._uses_udp and nothing_comes and is_late:
            self._uses_udp = False
        elif not self._uses_udp and min(self._received, self._server_received) > _NEEDED:
            self._uses_udp = True
        else:
            return
        say("path", path=self._path)

    def _send(self, plain: bytes) -> None:
        if self._seal is not None and self._datagrams is not None:
            self._datagrams.sendto(self._seal.seal(plain))

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            expected = self._ear.expected(time.monotonic())
            if expected:
                counted = min(self._ear.on_time, expected)
                say("quality", frames_expected=expected, frames_on_time=counted)


def say(event: str, **more: object) -> None:
    """Print one event."""
    sys.stdout.write(json.dumps({"event": event, "t": time.monotonic(), **more}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Talk until killed, or until the connection ends."""
    host, port, name = sys.argv[1:]
    try:
        asyncio.run(Client(name).run(host, int(port)))
    except* (OSError, EOFError, TimeoutError) as errors:
        say("ended", reason=type(errors.exceptions[0]).__name__)


if __name__ == "__main__":
    main()
