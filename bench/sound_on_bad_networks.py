"""Measure how a call sounds on networks that lose packets, beside WebRTC on the same networks.

Real processes on hosts in network namespaces, a middlebox between them on TUN devices, the
kernel's own TCP. The caller's link has 50 ms each way and the loss of the profile in each
direction; all other links are perfect. So there are 100 ms of round trip between the caller and
everybody else: the other person, the home, and coturn alike.
Profiles: loss of 0, 2, 5, 10 %, each packet by its own dice; 5 % in bursts of 3 (Gilbert-Elliott).
Systems, in turn:
  terminal       hamseda from terminal to terminal
  page           our page to our page
  page-terminal  our page to a terminal
  webrtc         the browser's own WebRTC, directly over UDP
  webrtc-turn    the same, forced over coturn by TCP
The caller speaks a recorded voice, the callee espeak-ng, again and again; scored is what was
played out, as the mean over the whole hearings of one call.
Goals (PESQ-wb): 4.0, 3.8, 3.6, 3.2 at 0, 2, 5, 10 %, and better than WebRTC over TCP everywhere.

Usage: bench/sound_on_bad_networks.py [--rounds 2] [--systems a,b] [--profiles a,b] [--short]
"""

import random
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from _browsers import priority
from _far_calls import SIDES, System, hosts_of
from _far_look import between, look, recordings, speak_both
from _far_machines import HOME
from _far_systems import SYSTEMS, Mouths, far_systems
from _heard import Recording, demand_judges, score_all
from _processes import quiet_world
from _question import answer, options
from _record import interleave
from playwright.sync_api import Error as BrowserError

from hamseda_lab.link import LinkSettings
from hamseda_lab.network import Network
from tests.speech import WORST

DELAY_MS: Final = 50.0
PROFILES: Final[Mapping[str, LinkSettings]] = {
    "0 %": LinkSettings(delay_ms=DELAY_MS),
    "2 %": LinkSettings(delay_ms=DELAY_MS, loss=0.02),
    "5 %": LinkSettings(delay_ms=DELAY_MS, loss=0.05),
    "10 %": LinkSettings(delay_ms=DELAY_MS, loss=0.1),
    "5 % in bursts": LinkSettings(delay_ms=DELAY_MS, loss=0.05, burst=3),
}
TALKS: Final = 38.0
"""Seconds of a call: two or three whole hearings of the longer voice."""
COUNTED: Final = 30.0
"""Seconds of it in which the wire is counted, from two seconds after both are heard."""
SETTLES: Final = 2.0
JUDGED: Final = ("pesq", "visqol")
PERFECT: Final = LinkSettings()


class Bench:
    """Place calls and keep what there is to score."""

    def __init__(self, net: Network, mouths: Mouths) -> None:
        self._net = net
        self._mouths = mouths
        self.kept: list[tuple[str, dict[str, Recording]]] = []

    def call(self, profile: str, name: str, system: System) -> dict[str, float]:
        """Place one call on a bad network and count what crossed the caller's link."""
        caller = system.hosts[0]
        self._net.set_link(caller, PROFILES[profile])
        try:
            system.connect()
            system.wait(SETTLES)
            before = look(self._net, caller)
            system.wait(COUNTED)
            after = look(self._net, caller)
            system.wait(TALKS - SETTLES - COUNTED)
            self._net.set_link(caller, PERFECT)
            kept = system.hang_up()
        except (AssertionError, BrowserError) as error:
            print(f"no call: {error}", file=sys.stderr)
            self._net.set_link(caller, PERFECT)
            system.give_up()
            return {"is_whole": 0.0}
        self.kept.append((f"{profile}/{name}", recordings(self._mouths, kept)))
        return {"is_whole": 1.0, **kept.counted, **between(before, after, COUNTED)}


def main() -> None:
    """Ask, print the answer, keep the samples."""
    parser = options(__doc__, rounds=2)
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--profiles", default=",".join(PROFILES))
    given = parser.parse_args()
    demand_judges()
    wanted, profiles = given.systems.split(","), given.profiles.split(",")
    if given.short:
        given.rounds = 1
    seed = random.randrange(1_000_000)
    machines = [HOME, *(host for name in wanted for host in hosts_of(name))]
    with quiet_world() as world, Network(machines, seed=seed) as net:
        mouths = speak_both(world.folder, TALKS)
        bench = Bench(net, mouths)
        with far_systems(wanted, net, world, mouths) as made:
            calls: dict[str, Callable[[], dict[str, float]]] = {
                f"{profile}/{name}": partial(bench.call, profile, name, system)
                for profile in profiles
                for name, system in made.systems.items()
            }
            samples = interleave(calls, given.rounds)
        add_scores(samples, bench.kept)
        congestion = net.congestion
    parameters = {
        "round_trip_ms": 2 * DELAY_MS,
        "profiles": profiles,
        "systems": wanted,
        "seconds_a_call": TALKS,
        "congestion_control": congestion,
        "priority": priority(),
        "seed": seed,
        "rounds": given.rounds,
        **made.versions,
    }
    answer("sound_on_bad_networks", parameters, {"samples": samples}, is_short=given.short)


def add_scores(
    samples: Mapping[str, Sequence[dict[str, float]]],
    kept: Sequence[tuple[str, Mapping[str, Recording]]],
) -> None:
    """Score all recordings, and put each score into the sample of its call."""
    flat = [recording for _, both in kept for recording in both.values()]
    print(f"scoring {len(flat)} recordings", file=sys.stderr, flush=True)
    scores = iter(score_all(flat))
    whole = {
        name: iter([one for one in every if one["is_whole"]]) for name, every in samples.items()
    }
    for name, both in kept:
        sample = next(whole[name])
        for who in both:
            sample.update({f"{key}_of_{who}": value for key, value in next(scores).items()})
    for every in samples.values():
        for sample in every:
            if not sample["is_whole"]:
                sample.update({f"{key}_of_{who}": WORST for key in JUDGED for who in SIDES})


if __name__ == "__main__":
    main()
