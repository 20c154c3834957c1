"""Real callers, whose home dies between their calls and stands up again."""

from pathlib import Path

import pytest

from tests.integration.world import World

pytestmark = pytest.mark.kill

KILLS = 3


def test_calls_connect_after_every_kill(tmp_path: Path) -> None:
    """Nobody restarts a client because the home in the cupboard has lost its power."""
    with World(tmp_path) as world:
        home = world.home()
        ali, maryam = world.person("ali"), world.person("maryam")
        world.befriend(home, ali, maryam)
        waiting = maryam.start_answer()
        for kill in range(1, KILLS + 1):
            home.kill()
            # Placed while nobody is at home: it waits for the line instead of failing.
            calling = ali.start_call("maryam", duration=0.5)
            home.start()
            calling.wait_for("connected")
            calling.ended()
            waiting.wait_until(
                lambda _, ended=kill: len(waiting.all("ended")) == ended, 10.0, "end of the call"
            )
            assert len(waiting.all("ringing")) == kill, "each call rang once"
        assert waiting.is_running
        assert waiting.all("missed") == []
