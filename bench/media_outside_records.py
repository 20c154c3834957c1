"""Measure what media inside the line's encrypted records would cost, beside media outside them.

Sides, in turn, in one process and without sockets:
  inside   the sender seals a record around the sealed frame, the home opens it and seals another
           one for the other line, the receiver opens that
  outside  the message travels as it is (spec/line.md §3): sender and receiver pack and unpack
           it, the home compares a handle
The frame itself is sealed by SFrame from end to end on both sides, and that is not counted.

Usage: bench/media_outside_records.py [--frames 20000] [--rounds 7] [--short]
"""

import secrets
import time
from collections.abc import Callable

from _question import answer, options
from _record import interleave

from hamseda.crypto.kem import SEED_SIZE, key_pair
from hamseda.crypto.line import RECORD_SIZES, Records, client_start, home_respond_untrusted
from hamseda.crypto.sframe import SFrameSender
from hamseda.media.modes import STANDARD
from hamseda.wire.audio import AudioFrame, encode_audio
from hamseda.wire.codes import RecordType
from hamseda.wire.line import Hello
from hamseda.wire.media import MediaMessage, parse_media_untrusted

HANDLE = 1
FAR_HANDLE = 2
TAG = 16
RECORD_OF_MEDIA = 0x7F
"""No such record exists; the question is what it would cost if it did."""


def sealed_frame() -> bytes:
    """Make a frame as large as those of a call."""
    frame = AudioFrame(0, STANDARD.code, secrets.token_bytes(STANDARD.opus_bytes))
    return SFrameSender(secrets.token_bytes(32)).seal(encode_audio(frame))


def line() -> tuple[Records, Records]:
    """Shake hands; return the client's end and the home's."""
    pair = key_pair(secrets.token_bytes(SEED_SIZE))
    start = client_start(pair.public, secrets.token_bytes)
    hello = Hello(now=0, window=32, idle=75).encode()
    m2, home = home_respond_untrusted(pair, start.m1, RecordType.HELLO, hello, secrets.token_bytes)
    client, _, _ = start.finish_untrusted(m2)
    return client, home


def timed(step: Callable[[bytes], bytes], messages: list[bytes]) -> tuple[float, list[bytes]]:
    """Run one party's step over all messages; give microseconds a message, and what came out."""
    began = time.process_time()
    out = [step(message) for message in messages]
    return 1e6 * (time.process_time() - began) / len(messages), out


def sample(
    send: Callable[[bytes], bytes],
    home: Callable[[bytes], bytes],
    receive: Callable[[bytes], bytes],
    frame: bytes,
    count: int,
) -> dict[str, float]:
    """Pass frames from sender to receiver and time the three parties."""
    sender_us, sent = timed(send, [frame] * count)
    home_us, forwarded = timed(home, sent)
    receiver_us, received = timed(receive, forwarded)
    assert received[-1] == frame
    return {
        "home_us": home_us,
        "clients_us": sender_us + receiver_us,
        "message_bytes": len(forwarded[-1]),
    }


def pack(frame: bytes) -> bytes:
    """Pack a frame as a client does."""
    return MediaMessage(HANDLE, (frame,)).encode()


def unpack(message: bytes) -> bytes:
    """Unpack it again."""
    return parse_media_untrusted(message).frames[0]


def readdress(message: bytes) -> bytes:
    """Give a message the handle under which the other line knows the room."""
    if message[1] == FAR_HANDLE:
        return message
    return message[:1] + bytes((FAR_HANDLE,)) + message[2:]


def inside(frame: bytes, count: int) -> dict[str, float]:
    """Measure media in records."""
    (near, home_near), (far, home_far) = line(), line()

    def forward(message: bytes) -> bytes:
        kind, body = home_near.open_untrusted(message)
        return home_far.seal(kind, readdress(body))

    return sample(
        lambda data: near.seal(RECORD_OF_MEDIA, pack(data)),
        forward,
        lambda message: unpack(far.open_untrusted(message)[1]),
        frame,
        count,
    )


def outside(frame: bytes, count: int) -> dict[str, float]:
    """Measure media beside records."""
    return sample(pack, readdress, unpack, frame, count)


def main() -> None:
    """Ask, print the answer, keep the samples."""
    parser = options(__doc__, rounds=7)
    parser.add_argument("--frames", type=int, default=20_000)
    given = parser.parse_args()
    if given.short:
        given.rounds, given.frames = 2, 2000
    frame = sealed_frame()
    samples = interleave(
        {
            "inside": lambda: inside(frame, given.frames),
            "outside": lambda: outside(frame, given.frames),
        },
        given.rounds,
    )
    parameters = {
        "frames": given.frames,
        "frame_bytes": len(frame),
        "smallest_record_bytes": 1 + RECORD_SIZES[0] + TAG,
        "rounds": given.rounds,
    }
    answer("media_outside_records", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
