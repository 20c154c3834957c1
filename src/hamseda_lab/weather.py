"""List what goes wrong every day without a censor, and what a person must be told of it.

A call must go on where it can, and nobody may hear that the network blocks it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final

from hamseda_lab.link import LinkSettings
from hamseda_lab.nat import NatSettings


class Trouble(Enum):
    """Say what begins after the control."""

    NOTHING = ""
    HOME_DOWN = "home down"
    EXPIRED = "certificate expired"
    PORTAL = "captive portal"
    CLOCK = "wrong clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Be one kind of it. What is about links holds for the control as well."""

    what: str
    link: LinkSettings = field(default=LinkSettings(delay_ms=15))
    """The caller's own."""
    nat: NatSettings | None = None
    """Both people are behind one."""
    rests: float = 0.0
    """Seconds for which who is called waits before."""
    trouble: Trouble = Trouble.NOTHING
    profile: str = ""
    """A file, for what a network does to packets meanwhile."""
    connects: bool = True
    says: str = ""
    """What must be told (a regular expression); "" where nothing needs to be."""
    page_says: str = ""
    """The same of a page, whose browser keeps from it why a server was not reached."""

    def fits(self, said: Sequence[str], *, connected: bool, is_page: bool = False) -> bool:
        """Tell whether a call got through where it can, and nobody was told wrong things."""
        wanted, told = self.page_says if is_page else self.says, " ".join(said)
        went = connected or not self.connects
        return went and not cries(said) and re.search(wanted, told, re.IGNORECASE) is not None


_PORTAL: Final = str(Path(__file__).with_name("captive_portal.py"))
_PAGE_SAYS: Final = "could not be reached"

OPEN: Final = "P00"
"""The network that blocks nothing: what goes wrong on it is no censor's."""
GOOD: Final = "good"
WEATHERS: Final = {
    GOOD: Weather(what="60 ms of round trip to the home"),
    "loss-2": Weather(what="2 % of loss", link=LinkSettings(delay_ms=15, loss=0.02)),
    "loss-5": Weather(what="5 % of loss", link=LinkSettings(delay_ms=15, loss=0.05)),
    "bursts": Weather(
        what="5 % of loss, three packets in a row",
        link=LinkSettings(delay_ms=15, loss=0.05, burst=3),
    ),
    "far": Weather(what="300 ms of round trip", link=LinkSettings(delay_ms=135)),
    "nat-60": Weather(
        what="NATs that forget after 60 s, and a callee who has waited for 70 s",
        nat=NatSettings(lasts=60),
        rests=70.0,
    ),
    "home-down": Weather(
        what="the home's program has ended; its fronts and its machine are up",
        trouble=Trouble.HOME_DOWN,
        connects=False,
        says="home (cannot be reached|does not answer)",
        page_says=_PAGE_SAYS,
    ),
    "expired-certificate": Weather(
        what="the home's certificate, of an authority, ended yesterday", trouble=Trouble.EXPIRED
    ),
    "captive-portal": Weather(
        what="every name leads to a page to log in at, which nobody did",
        trouble=Trouble.PORTAL,
        profile=_PORTAL,
        connects=False,
        says="log in",
        page_says=_PAGE_SAYS,
    ),
    "wrong-clock": Weather(
        what="the caller's clock is a year ahead", trouble=Trouble.CLOCK, says="clock"
    ),
}
_CRIES: Final = re.compile(r"block|censor|cuts? connections|in between", re.IGNORECASE)


def cries(said: Sequence[str]) -> bool:
    """Tell whether somebody was told of a censor, or of somebody in between."""
    return any(_CRIES.search(each) for each in said)
