"""P00 `open`: nothing is blocked."""

from hamseda_lab.profile import PASS, About, Crossing, Profile, Verdict


class Open(Profile):
    """Be the control of every other profile."""

    about = About(
        id="P00",
        name="open",
        rule="nothing is blocked",
        source="control",
        as_of="-",
        confidence="D",
    )

    def judge(self, seen: Crossing) -> Verdict:
        """Let everything pass."""
        del seen
        return PASS


PROFILE = Open
