"""A profile is one person's, for one process, on disk before anything leaves; and it can go."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hamseda.client.profile import DATABASE, Kind, Profile, erase
from hamseda.errors import ProfileError, UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the place of a profile that does not exist yet."""
    return tmp_path / "profile"


def put(folder: Path, value: bytes, passphrase: str | None = None) -> None:
    """Write one contact."""
    profile = Profile.open(folder, passphrase=passphrase)
    with profile.transaction() as change:
        change.put(Kind.CONTACT, b"1", value)
    profile.close()


def get(folder: Path, passphrase: str | None = None) -> bytes | None:
    """Read it back in a new process's way."""
    profile = Profile.open(folder, passphrase=passphrase)
    try:
        return profile.get(Kind.CONTACT, b"1")
    finally:
        profile.close()


def test_only_the_owner_can_read_it(folder: Path) -> None:
    """Another user of the machine finds no keys."""
    put(folder, b"secret")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_written_is_there(folder: Path) -> None:
    """Contacts survive the end of the program."""
    put(folder, b"one")
    put(folder, b"two")
    assert get(folder) == b"two"


def test_a_second_process_is_told(folder: Path) -> None:
    """Two processes on one ratchet would repeat numbers."""
    profile = Profile.open(folder)
    with pytest.raises(ProfileError, match="another hamseda process") as error:
        Profile.open(folder)
    assert error.value.next
    profile.close()
    Profile.open(folder).close()


def test_a_passphrase_hides_the_items(folder: Path) -> None:
    """A thief of the device finds noise."""
    put(folder, b"a recognisable secret", "open sesame")
    assert b"recognisable" not in (folder / DATABASE).read_bytes()
    with pytest.raises(ProfileError, match="does not open"):
        get(folder, "open says me")
    assert get(folder, "open sesame") == b"a recognisable secret"
    with pytest.raises(ProfileError, match="locked"):
        get(folder)


def test_a_passphrase_for_an_open_profile_is_told(folder: Path) -> None:
    """Who gives one believes that it protects something."""
    put(folder, b"x")
    with pytest.raises(UsageError, match="no passphrase"):
        get(folder, "too late")


def test_an_item_moved_to_another_place_is_noticed(folder: Path) -> None:
    """Each item is bound to its kind and id: one contact's keys cannot become another's."""
    profile = Profile.open(folder, passphrase="p")
    with profile.transaction() as change:
        change.put(Kind.CONTACT, b"1", b"one")
        change.put(Kind.CONTACT, b"2", b"two")
    database = vars(profile)["_database"]
    database.execute(
        "UPDATE items SET value = (SELECT value FROM items WHERE id = x'32') WHERE id = x'31'"
    )
    with pytest.raises(ProfileError, match="altered"):
        profile.get(Kind.CONTACT, b"1")
    assert profile.get(Kind.CONTACT, b"2") == b"two"
    profile.close()


def test_an_exception_undoes_everything(folder: Path) -> None:
    """A state without its envelope, or the other way round, would be out of step."""
    profile = Profile.open(folder)

    def stumble() -> None:
        with profile.transaction() as change:
            change.put(Kind.CONTACT, b"1", b"half")
            raise UsageError("no")

    with pytest.raises(UsageError):
        stumble()
    assert profile.items(Kind.CONTACT) == []
    with profile.transaction() as change:
        change.put(Kind.CONTACT, b"1", b"whole")
    assert profile.items(Kind.CONTACT) == [(b"1", b"whole")]
    profile.close()


def test_a_file_that_is_no_profile_is_told(folder: Path) -> None:
    """A damaged file ends in a sentence that says what to do."""
    folder.mkdir()
    (folder / DATABASE).write_bytes(b"this is no database" * 100)
    with pytest.raises(ProfileError, match="not a profile") as error:
        Profile.open(folder)
    assert error.value.next
    with pytest.raises(ProfileError, match="not a profile"):
        Profile.open(folder)


def test_a_place_that_can_hold_no_folder_is_told(tmp_path: Path) -> None:
    """A slip in --profile gets words and a next step, not the inside of the program."""
    (tmp_path / "file").write_text("not a folder")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ProfileError, match="cannot be the folder of a profile") as error:
            Profile.open(place)
        assert error.value.next


def test_a_deleted_item_leaves_no_bytes(folder: Path) -> None:
    """A key that was used up must not be found on the disk afterwards."""
    put(folder, b"an erasable secret")
    profile = Profile.open(folder)
    with profile.transaction() as change:
        change.delete(Kind.CONTACT, b"1")
    profile.close()
    assert b"erasable" not in b"".join(path.read_bytes() for path in folder.iterdir())


def test_erasing_overwrites_before_it_removes(folder: Path) -> None:
    """Who holds the file open, or a block of the disk, sees noise."""
    put(folder, b"an erasable secret")
    with (folder / DATABASE).open("rb") as held:
        size = len(held.read())
        assert erase(folder) >= 2
        held.seek(0)
        left = held.read()
    assert len(left) == size
    assert b"erasable" not in left
    assert b"SQLite" not in left
    assert not folder.exists()


def test_erasing_leaves_other_files_alone(folder: Path) -> None:
    """Somebody's own notes in the folder are not ours to destroy."""
    put(folder, b"x")
    (folder / "notes.txt").write_text("mine")
    erase(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_nothing_to_erase_and_a_profile_in_use_are_told(folder: Path) -> None:
    """A typo in the folder's name must not look like success; a running call is not cut."""
    with pytest.raises(UsageError, match="no profile"):
        erase(folder)
    profile = Profile.open(folder)
    with pytest.raises(ProfileError):
        erase(folder)
    profile.close()
    erase(folder)
