"""Newer ways to a home reach people before they are needed; broken TLS is noticed, and harmless."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from tests.integration.fronts import admitted_front, link_of
from tests.integration.middlebox import Middlebox
from tests.integration.world import Person, World
from tests.speech import voice

pytestmark = pytest.mark.calls
VOICE = voice("jfk")


def addresses(person: Person) -> list[str]:
    """List the addresses that a person's profile knows of its only home."""
    shown = cast("list[dict[str, object]]", person.run("endpoints").last("endpoints")["endpoints"])
    return [str(end["address"]) for end in shown]


def test_a_front_of_today_is_known_before_it_is_needed(tmp_path: Path) -> None:
    """Over the line for who still reaches the home, as text or from a contact for who does not."""
    with World(tmp_path) as world:
        home = world.home()
        pair = world.pair(home)
        front = admitted_front(world, home)
        ali, maryam = pair.ali, pair.maryam
        old = maryam.run("endpoints", "--export").last("endpoints_text")["text"]
        assert len(addresses(ali)) == 1
        ali.run("contacts")
        both = addresses(ali)
        assert both == [f"https://localhost:{home.port}", f"https://127.0.0.1:{front.port}"]
        text = str(ali.run("endpoints", "--export").last("endpoints_text")["text"])
        assert maryam.run("endpoints", "--import", text).last("endpoints_taken")["taken"] is True
        assert addresses(maryam) == both
        assert ali.run("endpoints", "--import", str(old)).last("endpoints_taken")["taken"] is False
        ali.run("endpoints", "--send", "maryam")
        assert maryam.run("contacts").last("contact")["standing"] == "confirmed"
        assert not maryam.run("contacts").all("tls_intercepted")


def test_a_call_goes_on_while_somebody_breaks_tls(tmp_path: Path) -> None:
    """Many networks break TLS by decree; that must cost no call, and must be said."""
    with World(tmp_path) as world, Middlebox(tmp_path / "middle") as middle:
        home = world.home("--public", f"https://127.0.0.1:{middle.port}")
        middle.home_port = home.port
        pair = world.pair(home)
        waiting = pair.maryam.start_answer("--once", play=VOICE)
        calling = pair.ali.start_call("maryam", play=VOICE, duration=4)
        calling.ended()
        waiting.ended()
        for side in (calling, waiting):
            side.wait_for("connected")
            told = side.all("tls_intercepted")
            assert [each["home"] for each in told] == [f"https://127.0.0.1:{middle.port}"]
        # The middle box is a real one: it reads the door, and nothing of what is inside.
        assert link_of(home).door.encode() in middle.seen
        assert home.mailboxes()
        assert not any(id in middle.seen for id in home.mailboxes())
