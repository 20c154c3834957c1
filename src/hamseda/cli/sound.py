"""Open what a command speaks and plays with: files, devices, or silence."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hamseda.errors import AudioError, UsageError
from hamseda.transport.audio_source import (
    AudioSink,
    AudioSource,
    DeafSink,
    MutableSource,
    SilentSource,
)
from hamseda.transport.device import Kind, find_device
from hamseda.transport.sound_desk import SoundDesk
from hamseda.transport.sound_device import PortAudio
from hamseda.transport.wav import WavSink, WavSource


@dataclass(frozen=True, slots=True)
class Sound:
    """Be the source and the sink of one call, and the devices among them."""

    source: MutableSource
    sink: AudioSink
    desk: SoundDesk | None


def add_sound(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where sound comes from and goes to."""
    parser.add_argument("--play", type=Path, metavar="FILE", help="speak this WAV file")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write what is played out")
    parser.add_argument(
        "--microphone", metavar="ID", help="speak into this device (see `hamseda devices`)"
    )
    parser.add_argument("--speaker", metavar="ID", help="listen to this device")


def check_sound(args: argparse.Namespace) -> None:
    """Insist that the file and the devices that were named are there, and open none."""
    if args.play:
        WavSource(args.play).close()
    named: tuple[tuple[Kind, str | None], ...] = (
        ("microphone", args.microphone),
        ("speaker", args.speaker),
    )
    for kind, wish in named:
        if wish is not None:
            find_device(PortAudio().devices(), wish, kind)


@contextmanager
def open_sound(args: argparse.Namespace, note: Callable[[str], None]) -> Generator[Sound]:
    """Open the files that were named, else the devices, else silence with a remark.

    A device that was named and is not there raises `AudioError`.
    """
    if (args.play and args.microphone) or (args.record and args.speaker):
        raise UsageError(
            "a file and a device cannot both be meant",
            next="Give either --play or --microphone, and either --record or --speaker.",
        )
    is_named = args.microphone is not None or args.speaker is not None
    source: AudioSource = WavSource(args.play) if args.play else SilentSource()
    sink: AudioSink = WavSink(args.record) if args.record else DeafSink()
    desk: SoundDesk | None = None
    try:
        if is_named or not (args.play or args.record):
            desk = _desk(args, note, is_named=is_named)
        if desk is not None:
            source = source if args.play else desk
            sink = sink if args.record else desk
            desk.start()
        yield Sound(MutableSource(source), sink, desk)
    finally:
        source.close()
        sink.close()
        if desk is not None:
            desk.close()


def _desk(
    args: argparse.Namespace, note: Callable[[str], None], *, is_named: bool
) -> SoundDesk | None:
    try:
        system = PortAudio()
    except AudioError as error:
        if is_named:
            raise
        note(f"No sound device: {error}. Sending silence. {error.next}")
        return None
    return SoundDesk(system, note, microphone=args.microphone, speaker=args.speaker)
