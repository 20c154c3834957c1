"""Give each attack a world of honest people, and where it needs one, a home that is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.evil_home import EvilHome
from tests.attacks.thief import contact_of
from tests.integration.running import Running
from tests.integration.world import Person, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give an empty world, cleared away after the test."""
    with World(tmp_path) as world:
        yield world


@pytest.fixture
def evil(world: World) -> Iterator[EvilHome]:
    """Give a home whose operator is the attacker; it behaves until a test gives it hands."""
    home = EvilHome(world.folder / "evil-home")
    home.start()
    try:
        yield home
    finally:
        home.stop()
    assert "bug" not in home.log.getvalue(), home.log.getvalue()


class Couple:
    """Be two people who are contacts of each other at an evil home."""

    def __init__(self, world: World, evil: EvilHome) -> None:
        self.world = world
        self.evil = evil
        self.ali = world.person("ali")
        self.maryam = world.person("maryam")
        inviting = invite(self.ali, evil.link, "maryam")
        link = str(inviting.wait_for("invitation")["link"])
        self.maryam.accept(link, "ali")
        inviting.ended()
        self.mailbox_of_ali = contact_of(self.ali.profile).inbox.address.mailbox
        self.mailbox_of_maryam = contact_of(self.maryam.profile).inbox.address.mailbox


def invite(person: Person, home_link: str, name: str) -> Running:
    """Start inviting somebody at a home, and wait for them."""
    return person.start("invite", "--home", home_link, "--name", name, "--wait")


@pytest.fixture
def couple(world: World, evil: EvilHome) -> Couple:
    """Give two contacts who met honestly; what happens to them comes afterwards."""
    return Couple(world, evil)
