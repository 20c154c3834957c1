"""Measure what a call costs a data plan: everything on the wire, both ways, and how it sounds.

Hosts in network namespaces as in `sound_on_bad_networks`: 100 ms of round trip between the caller
and everybody else, and no loss, so that nothing is repeated. Counted at the caller's end of the
link: IP headers, TCP and its acknowledgements, TLS, and all that we add. Terminals in each of our
modes; the browser's own WebRTC over UDP beside them.
Goals, in MB for a minute of call: standard 1.2 with frames of 20 ms and 0.85 with 40, saver 0.50,
survival 0.33.

Usage: bench/data_of_a_call.py [--rounds 2] [--short]
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from _browsers import priority
from _far_calls import System, Terminals, hosts_of
from _far_look import between, look, recordings, speak_both
from _far_machines import HOME
from _far_systems import far_systems
from _heard import Recording, score
from _processes import quiet_world
from _question import answer, options
from _record import interleave

from hamseda.media.modes import LADDER
from hamseda_lab.link import LinkSettings
from hamseda_lab.network import Network

SYSTEMS: Final = ("terminal", "webrtc")
LINK: Final = LinkSettings(delay_ms=50)
SETTLES: Final = 3.0
COUNTED: Final = 30.0


def call(
    net: Network, system: System, hear: Callable[[System], list[Recording]], mode: str | None
) -> dict[str, float]:
    """Place one call and count what crosses the caller's link in the middle of it."""
    if isinstance(system, Terminals):
        system.options = () if mode is None else ("--mode", mode)
    system.connect()
    system.wait(SETTLES)
    before = look(net, system.hosts[0])
    system.wait(COUNTED)
    after = look(net, system.hosts[0])
    scores = [score(recording)["pesq"] for recording in hear(system)]
    return {"pesq": min(scores), **between(before, after, COUNTED)}


def main() -> None:
    """Ask, print the answer, keep the samples."""
    given = options(__doc__, rounds=2).parse_args()
    if given.short:
        given.rounds = 1
    machines = [HOME, *(host for name in SYSTEMS for host in hosts_of(name))]
    with quiet_world() as world, Network(machines) as net:
        mouths = speak_both(world.folder, SETTLES + COUNTED)

        def hear(system: System) -> list[Recording]:
            heard = recordings(mouths, system.hang_up(), has_visqol=False)
            return list(heard.values())

        with far_systems(SYSTEMS, net, world, mouths) as made:
            for name in SYSTEMS:
                net.set_link(hosts_of(name)[0], LINK)
            terminal, webrtc = (made.systems[name] for name in SYSTEMS)
            calls = {
                mode.name: partial(call, net, terminal, hear, mode.name) for mode in LADDER
            } | {"webrtc": partial(call, net, webrtc, hear, None)}
            samples = interleave(calls, given.rounds)
        congestion = net.congestion
    parameters = {
        "round_trip_ms": 2 * LINK.delay_ms,
        "counted_s": COUNTED,
        "congestion_control": congestion,
        "priority": priority(),
        "rounds": given.rounds,
        **made.versions,
    }
    answer("data_of_a_call", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
