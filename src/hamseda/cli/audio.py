"""Run `hamseda devices` and `hamseda test-audio`."""

from __future__ import annotations

import argparse
import time

from hamseda.cli.common import seconds
from hamseda.cli.level import Level, bar, decibels, measure, overall
from hamseda.cli.output import Output
from hamseda.cli.sound import Sound, add_sound, open_sound
from hamseda.cli.subparsers import Subparsers
from hamseda.transport.device import DEAD_SECONDS
from hamseda.transport.sound_device import PortAudio

FRAME_SECONDS = 0.02
_METER_EVERY = 5

VERDICTS = {
    "good": ("Your microphone works.", ""),
    "quiet": (
        "Your microphone is very quiet.",
        "Go nearer, or turn it up in the system's settings.",
    ),
    "silent": (
        "Your microphone gives silence.",
        "Is it muted, by a switch on it or in the system's settings? Is it the right one?",
    ),
    "clipping": (
        "Your microphone is too loud: it distorts.",
        "Turn it down in the system's settings, or go further away.",
    ),
    "no_sound": (
        "Your microphone gives nothing at all.",
        "Another program may hold it, or the system forbids its use.",
    ),
    "no_microphone": ("There is no microphone.", "Plug one in; `hamseda devices` lists them."),
    "no_speaker": ("There is no speaker.", "Plug one in; `hamseda devices` lists them."),
}
"""What a test of sound can find, in words, and the next step."""


def add_parsers(subparsers: Subparsers) -> None:
    """Add the two commands."""
    parser = subparsers.add_parser(
        "devices", help="list microphones and speakers",
        description="List the sound devices of this machine.",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=devices)

    parser = subparsers.add_parser(
        "test-audio", help="hear yourself",
        description="Record what you say, play it back, and say in words what is wrong.",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    add_sound(parser)
    parser.add_argument(
        "--duration", type=seconds, default=3.0, metavar="S",
        help="record for S seconds (default: %(default)g)",
    )  # fmt: skip
    parser.set_defaults(run=test_audio)


def devices(args: argparse.Namespace) -> int:
    """List the devices; an empty list is a result too."""
    output = Output(as_json=args.json)
    found = PortAudio().devices()
    for device in found:
        kinds = sorted(device.kinds)
        if args.json:
            fields: dict[str, object] = {
                "id": device.id, "kinds": kinds, "default_for": sorted(device.default_for)
            }  # fmt: skip
            output.object("device", fields)
        else:
            marked = [f"{kind}*" if kind in device.default_for else kind for kind in kinds]
            output.line(f"{device.number:3}  {device.id}   {', '.join(marked)}")
    output.line(
        "* is used when none is named. Choose with --microphone and --speaker: a number, or part"
        " of the name."
        if found
        else "There is no sound device. Plug one in, or call with --play and --record."
    )
    return 0


def test_audio(args: argparse.Namespace) -> int:
    """Record, play back and judge; 0 when all is well, else 1."""
    output = Output(as_json=args.json)
    with open_sound(args, output.note) as sound:
        output.line(f"Speak now, for {args.duration:g} seconds.")
        frames, levels = _record(sound, args.duration, output)
        verdict = _verdict(sound, args, levels)
        if verdict not in {"no_microphone", "no_sound"}:
            output.line("Now listen: this is what you said.")
            _play(sound, frames)
        microphone, speaker = _names(sound, args)
    level = overall(levels)
    words, step = VERDICTS[verdict]
    if args.json:
        output.object(
            "audio",
            {
                "verdict": verdict,
                "microphone": microphone,
                "speaker": speaker,
                "peak_db": decibels(level.peak),
                "loudness_db": decibels(level.loudness),
                "clipped": round(level.clipped, 4),
            },
        )
    else:
        output.line(f"{words} {step}".rstrip())
    return 0 if verdict == "good" else 1


def _record(sound: Sound, duration: float, output: Output) -> tuple[list[bytes], list[Level]]:
    frames: list[bytes] = []
    levels: list[Level] = []
    pace = _Pace(is_live=sound.desk is not None)
    for number in range(round(duration / FRAME_SECONDS)):
        pace.wait(number)
        frames.append(sound.source.read_frame())
        levels.append(measure(frames[-1]))
        if number % _METER_EVERY == 0 and pace.is_live:
            shown = overall(levels[-_METER_EVERY:])
            output.status(f"{bar(shown)} {shown.word}")
    output.end_status()
    return frames, levels


def _play(sound: Sound, frames: list[bytes]) -> None:
    pace = _Pace(is_live=sound.desk is not None)
    for number, pcm in enumerate(frames):
        pace.wait(number)
        sound.sink.write_frame(pcm)
    # What still waits between the two clocks is heard too.
    pace.wait(len(frames) + 10)


def _verdict(sound: Sound, args: argparse.Namespace, levels: list[Level]) -> str:
    desk = sound.desk
    if not args.play:
        if desk is None or desk.in_use()["microphone"] is None:
            return "no_microphone"
        if desk.moved("microphone") == 0 and args.duration >= DEAD_SECONDS:
            return "no_sound"
    if not args.record and (desk is None or desk.in_use()["speaker"] is None):
        return "no_speaker"
    return overall(levels).word


def _names(sound: Sound, args: argparse.Namespace) -> tuple[str | None, str | None]:
    """Name what was spoken into and what was listened to."""
    desk = sound.desk
    microphone = desk.in_use()["microphone"] if desk else None
    speaker = desk.in_use()["speaker"] if desk else None
    return (
        str(args.play) if args.play else microphone,
        str(args.record) if args.record else speaker,
    )


class _Pace:
    """Keep the time of a device; files need none."""

    def __init__(self, *, is_live: bool) -> None:
        self.is_live = is_live
        self._start = time.monotonic()

    def wait(self, number: int) -> None:
        """Wait for the turn of a frame."""
        if self.is_live:
            time.sleep(max(0.0, self._start + number * FRAME_SECONDS - time.monotonic()))
