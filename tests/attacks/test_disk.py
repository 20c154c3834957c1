"""Whoever reads the raw disk finds no key that was used up, and after `erase` nothing at all."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hamseda.client.profile import DATABASE, Kind, Profile
from tests.attacks.thief import change_contact
from tests.integration.world import Person, World

pytestmark = pytest.mark.attacks

_NEEDLE = 16
_MIB = 1 << 20


class Disk:
    """Be an ordinary disk: an ext4 file system in one file, whose bytes can be read raw."""

    def __init__(self, folder: Path) -> None:
        self._image = folder / "disk.img"
        self.folder = folder / "disk"

    def attach(self) -> None:
        """Mount it, made anew; what this machine does not allow is said aloud."""
        self._image.write_bytes(bytes(16 * _MIB))
        self.folder.mkdir()
        for command in (
            ["mkfs.ext4", "-q", "-F", self._image],
            ["mount", "-o", "loop", self._image, self.folder],
        ):
            try:
                subprocess.run(command, check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError) as error:
                pytest.skip(f"no disk of its own on this machine: {error}")

    def detach(self) -> bytes:
        """Unmount it and give all its bytes."""
        subprocess.run(["umount", self.folder], check=True)
        return self._image.read_bytes()

    def bytes_now(self) -> bytes:
        """Give all its bytes as a thief would find them who cuts the power now."""
        os.sync()
        return self._image.read_bytes()


@pytest.fixture
def disk() -> Iterator[Disk]:
    """Give a fresh disk, gone after the test."""
    with tempfile.TemporaryDirectory() as folder:
        disk = Disk(Path(folder))
        disk.attach()
        try:
            yield disk
        finally:
            subprocess.run(["umount", disk.folder], check=False, capture_output=True)


def needles(values: Iterable[bytes]) -> set[bytes]:
    """Cut values into pieces; each is long enough that chance does not put it anywhere."""
    pieces = (value[at : at + _NEEDLE] for value in values for at in range(0, len(value), _NEEDLE))
    return {piece for piece in pieces if len(piece) == _NEEDLE and len(set(piece)) > 4}


def found(raw: bytes, pieces: set[bytes]) -> list[bytes]:
    """List the pieces that lie somewhere on the disk."""
    return [piece for piece in pieces if piece in raw]


def stored(profile: Path) -> list[bytes]:
    """Give the values of a profile that no process uses, as they lie in its file."""
    with closing(sqlite3.connect(profile / DATABASE)) as database:
        return [bytes(value) for (value,) in database.execute("SELECT value FROM items")]


def meaning(profile: Path) -> list[bytes]:
    """Give the items of a profile as its owner reads them, and the key that they are under."""
    with closing(Profile.open(profile)) as opened:
        key = vars(opened)["_key"]
        return [key or b"", *(value for kind in Kind for _, value in opened.items(kind))]


def live_a_little(world: World, ali: Person) -> Iterator[None]:
    """Invite somebody and call twice; pause where no process uses the profile."""
    home = world.home()
    maryam = world.person("maryam")
    world.befriend(home, ali, maryam)
    yield
    waiting = maryam.start_answer()
    for _ in range(2):
        calling = ali.start_call("maryam", duration=1)
        calling.wait_for("connected")
        calling.ended()
        yield
    waiting.stop()


def person_on(world: World, disk: Disk) -> Person:
    """Give Ali, whose profile lies on the disk."""
    ali = world.person("ali")
    ali.profile = disk.folder / "profile"
    return ali


def test_erased_profile_leaves_nothing_on_the_raw_disk(world: World, disk: Disk) -> None:
    """The blocks of journals that SQLite had cut off kept identity, ratchet and names."""
    ali = person_on(world, disk)
    secrets: set[bytes] = {b"maryam"}
    for _ in live_a_little(world, ali):
        secrets |= needles(meaning(ali.profile))
    ali.run("erase", "--yes")
    assert len(secrets) > 20
    assert found(disk.detach(), secrets) == []


def test_used_keys_do_not_stay_on_the_raw_disk(world: World, disk: Disk) -> None:
    """Who takes the device later must not find the ratchet keys of earlier words.

    The profile's own key is in his hands, so what counts is the sealed bytes: none that the profile
    has replaced may lie anywhere.
    """
    ali = person_on(world, disk)
    ever: list[bytes] = []
    for _ in live_a_little(world, ali):
        ever += stored(ali.profile)
    # One commit more, so that what its journal held is known.
    change_contact(ali.profile, lambda contact: replace(contact, verified=True))
    now = stored(ali.profile)
    used = needles(ever) - needles(now)
    assert len(used) > 20
    raw = disk.bytes_now()
    assert len(found(raw, needles(now))) > 5
    assert found(raw, used) == []
