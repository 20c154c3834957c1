"""Whole calls between processes, through a home, over TLS, judged by what is heard."""

import pytest

from tests.integration.world import World
from tests.speech import pesq_wb, voice

pytestmark = pytest.mark.calls


def test_two_people_who_share_a_link_talk(world: World) -> None:
    """This is what all the rest is for."""
    home = world.home()
    ali, maryam = world.person("ali"), world.person("maryam")
    world.befriend(home, ali, maryam)
    waiting = maryam.start_answer("--once", play=voice("jfk"))
    calling = ali.start_call("maryam", play=voice("jfk"), duration=12.5)
    calling.ended()
    waiting.ended()
    assert calling.last("sas")["emoji"] == waiting.last("sas")["emoji"]
    for talking in (calling, waiting):
        print(talking.transcript())
        print(pesq_wb(voice("jfk"), talking.recording))
