"""P22 `blackout`: for a while there is no network."""

from typing import Final

from hamseda_lab.profile import PASS, About, Crossing, Profile, Verdict, drop

BEGINS: Final = 20.0
LASTS: Final = 40.0


class Blackout(Profile):
    """Drop everything in the middle of a call."""

    about = About(
        id="P22",
        name="blackout",
        rule="everything dropped 20 s into a call, back after 40 s",
        source="shutdowns",
        as_of="2026",
        confidence="D",
        choices="counted from the first call that connects; a call counts where the last 10 s of"
        " its 80 s are good again",
    )

    must_come_back = True
    talk = 80.0  # 20 s until it begins, 40 s of it, and time to come back

    def prepare(self) -> None:
        """Know of no call."""
        self._call_began: float | None = None

    def call_began(self, now: float) -> None:
        """Begin to count."""
        if self._call_began is None:
            self._call_began = now

    def judge(self, seen: Crossing) -> Verdict:
        """Drop everything for a while."""
        if self._call_began is None:
            return PASS
        into_the_call = seen.at - self._call_began
        begins = self.seconds(BEGINS)
        is_dark = begins <= into_the_call < begins + self.seconds(LASTS)
        return drop("blackout") if is_dark else PASS


PROFILE = Blackout
