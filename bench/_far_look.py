"""Say what is spoken in a call of a comparison, and look at what the call costs."""

import random
from collections.abc import Mapping
from pathlib import Path

from _far_calls import SIDES, Kept
from _far_systems import Mouths, lasting
from _heard import Recording
from _processes import cpu_seconds, memory_kib

from hamseda_lab.network import Network
from tests.browser.sound import PAUSE_SECONDS, as_microphone
from tests.browser.sound import seconds as length
from tests.speech import speak, voice


def speak_both(folder: Path, seconds: float) -> Mouths:
    """Give a recorded voice, and a spoken number that no other run says, for calls of so long."""
    number = random.randrange(10_000, 100_000)
    text = (
        f"The number of this call is {number}. It is a fine evening, and the line is open."
        f" I say the number once more, so that you hear it well: {number}."
    )
    spoken = (voice("jfk"), speak(text, folder / "espeak.wav"))
    names = [folder / f"{side}-microphone.wav" for side in SIDES]
    microphones = [as_microphone(*pair) for pair in zip(spoken, names, strict=True)]
    return Mouths(microphones, lasting(microphones, seconds), spoken)


def recordings(mouths: Mouths, kept: Kept, *, has_visqol: bool = True) -> dict[str, Recording]:
    """Say of what each side heard what it should have been, by who spoke."""
    found: dict[str, Recording] = {}
    for speaker, listener, said in zip(SIDES, SIDES[::-1], mouths.spoken, strict=True):
        found[speaker] = Recording(
            kept.heard[listener], said, length(said) + PAUSE_SECONDS, has_visqol
        )
    return found


def look(net: Network, host: str) -> dict[str, float]:
    """Read the counters of a machine: its link, and what its processes cost so far."""
    counters = net.counters()
    found = {"late_packets": float(counters.late_packets)}
    for way, traffic in counters.links[host].items():
        found |= {
            f"{way}_kbit": traffic.offered_bytes * 8e-3,
            f"{way}_packets": traffic.offered_packets,
            f"{way}_lost": traffic.lost_packets,
        }
    costs = [(cpu_seconds(pid), memory_kib(pid)) for pid in net.host(host).processes]
    return found | {
        "processor_s": sum(seconds for seconds, _ in costs),
        "memory_mib": sum(memory["anonymous"] for _, memory in costs) / 1024,
    }


def between(
    before: Mapping[str, float], after: Mapping[str, float], seconds: float
) -> dict[str, float]:
    """Give what was counted between two looks, a second; of memory, what there was."""
    found = {name: (after[name] - before[name]) / seconds for name in before}
    return found | {"memory_mib": after["memory_mib"]}
