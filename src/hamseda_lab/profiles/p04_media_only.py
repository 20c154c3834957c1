"""P04 `media-only`: calls ring, and then nothing is heard."""

from hamseda_lab.brief import Prefixes
from hamseda_lab.profile import PASS, About, Crossing, Profile, Verdict, drop


class MediaOnly(Profile):
    """Cut what carries the sound of calls to known relays, and nothing that signals them."""

    about = About(
        id="P04",
        name="media-only",
        rule="UDP, and TCP to other ports than the signalling one,"
        " dropped for the relay's prefix and for direct paths; signalling untouched",
        source="news from Iran, April 2017; no packet-level rule was published",
        as_of="2017-04",
        confidence="D",
        choices="a direct path is one to an address of those who are called",
    )

    def prepare(self) -> None:
        """Read the lists."""
        self._targets = Prefixes((*self.brief.relays, *self.brief.peers))

    def judge(self, seen: Crossing) -> Verdict:
        """Drop the paths of media."""
        if seen.server not in self._targets:
            return PASS
        if seen.is_udp:
            return drop("UDP of a relay or a direct path")
        if seen.tcp is not None and seen.server_port not in self.brief.signalling_ports:
            return drop("TCP of a relay or a direct path, not signalling")
        return PASS


PROFILE = MediaOnly
