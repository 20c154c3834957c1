"""The key of a profile is rewritten in place, and no crash leaves a profile that nothing opens."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hamseda.client import profile as profile_module
from hamseda.client.profile import DATABASE, Kind, Profile, erase
from hamseda.client.profile_file import VERSION
from hamseda.client.profile_key import BLOCK, KEY
from hamseda.crypto.profile_lock import KEY_RECORD_SIZE, LockCost, argon2id, seal_value
from hamseda.errors import ProfileError, UsageError

SECRET = b"a recognisable secret"
JOURNAL = f"{DATABASE}-journal"


class PowerCut(BaseException):
    """The machine is off."""


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a passphrase cost nothing: what it should cost is tested where it is set."""
    monkeypatch.setattr("hamseda.client.profile_key.COST", LockCost(1, 1, 8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a profile with one contact."""
    with closing(Profile.open(tmp_path / "profile")) as profile, profile.transaction() as change:
        change.put(Kind.CONTACT, b"1", SECRET)
    return tmp_path / "profile"


def contact(folder: Path, passphrase: str | None) -> bytes | None:
    """Read the contact in a new process's way."""
    with closing(Profile.open(folder, passphrase=passphrase)) as profile:
        return profile.get(Kind.CONTACT, b"1")


def relock(folder: Path, old: str | None, new: str | None) -> None:
    """Change the passphrase."""
    with closing(Profile.open(folder, passphrase=old)) as profile:
        profile.relock(new)
        assert profile.is_locked == (new is not None)


def opens(folder: Path, passphrase: str | None) -> bool:
    """Tell whether the profile opens so."""
    try:
        return contact(folder, passphrase) == SECRET
    except (ProfileError, UsageError):
        return False


def test_items_are_never_in_clear(folder: Path) -> None:
    """Whatever the disk keeps of a profile is noise without 32 bytes of one file."""
    assert SECRET not in b"".join(path.read_bytes() for path in folder.iterdir())


def test_a_new_passphrase_rewrites_the_key_in_place_and_nothing_else(folder: Path) -> None:
    """A file that is replaced leaves the old one's blocks, and the key in clear in them."""
    path = folder / KEY
    inode, size = path.stat().st_ino, path.stat().st_size
    database = (folder / DATABASE).read_bytes()
    key = vars(profile := Profile.open(folder))["_key"]
    profile.close()
    assert key in path.read_bytes()
    for old, new in ((None, "one"), ("one", "two"), ("two", None), (None, "three")):
        relock(folder, old, new)
        assert opens(folder, new)
        assert not opens(folder, old)
        assert (path.stat().st_ino, path.stat().st_size) == (inode, size)
        assert (key in path.read_bytes()) == (new is None)
        assert path.read_bytes().count(bytes(BLOCK)) == 1
    assert (folder / DATABASE).read_bytes() == database


@pytest.mark.parametrize(("old", "new"), [(None, "new"), ("old", "new"), ("old", None)])
@pytest.mark.parametrize("torn", [0, 1, 100, 191, 192, 2000, BLOCK])
@pytest.mark.parametrize("write", [0, 1])
def test_a_crash_while_the_passphrase_changes_loses_nothing(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: int,
    torn: int,
    old: str | None,
    new: str | None,
) -> None:
    """A moment in which neither the old nor the new passphrase opens would cost all contacts."""
    if old is not None:
        relock(folder, None, old)
    pwrite, count = os.pwrite, iter(range(9))

    def cut_off(file: int, data: bytes, offset: int) -> int:
        if next(count) < write:
            return pwrite(file, data, offset)
        pwrite(file, data[:torn], offset)
        raise PowerCut

    with closing(Profile.open(folder, passphrase=old)) as profile, monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", cut_off)
        with pytest.raises(PowerCut):
            profile.relock(new)
    ways = [
        passphrase
        for passphrase in (old, new)
        if opens(shutil.copytree(folder, folder.with_name(f"copy {passphrase}")), passphrase)
    ]
    assert ways
    # Whichever was used first is the one that stays.
    first = ways[0]
    assert opens(folder, first)
    assert not any(opens(folder, other) for other in (old, new) if other != first)


def test_a_key_that_is_gone_or_damaged_is_told(folder: Path) -> None:
    """A new key in its place would make noise of everything."""
    path = folder / KEY
    whole = path.read_bytes()
    path.write_bytes(bytes(len(whole)))
    with pytest.raises(ProfileError, match="damaged") as error:
        Profile.open(folder)
    assert error.value.next
    path.unlink()
    with pytest.raises(ProfileError, match="missing") as error:
        Profile.open(folder)
    assert error.value.next
    path.write_bytes(whole)
    assert contact(folder, None) == SECRET


def test_who_can_be_asked_is_asked_only_for_a_locked_profile(folder: Path) -> None:
    """Nobody should be asked for what is not needed."""

    def never() -> str:
        raise AssertionError

    Profile.open(folder, passphrase=never).close()
    relock(folder, None, "p")
    Profile.open(folder, passphrase=lambda: "p").close()
    with pytest.raises(ProfileError, match="locked"):
        Profile.open(folder, passphrase=lambda: None)


def test_erasing_takes_the_key_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From then on it does not matter what the disk still keeps of the items."""
    gone: list[str] = []
    unlink = Path.unlink

    def noted(path: Path, missing_ok: bool = False) -> None:
        content = path.read_bytes()
        assert not content or any(content)
        gone.append(path.name)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", noted)
    erase(folder)
    assert gone[0] == KEY


def test_the_journal_of_a_commit_holds_nothing_afterwards(folder: Path) -> None:
    """It holds the old pages: the ratchet keys that the commit has just used up."""
    with closing(Profile.open(folder)) as profile:
        for number in range(20):
            with profile.transaction() as change:
                change.put(Kind.CONTACT, b"1", bytes([number]) * 3000)
                change.put(Kind.SEEN, bytes([number]), b"")
            journal = (folder / JOURNAL).read_bytes()
            assert journal
            assert not any(journal)


def test_a_journal_that_is_still_needed_is_not_blanked(folder: Path) -> None:
    """A power cut in the middle of a commit is undone with it, and then it goes too."""
    with closing(Profile.open(folder)) as profile:
        database: sqlite3.Connection = vars(profile)["_database"]
        database.execute("PRAGMA cache_size=1")
        database.execute("BEGIN IMMEDIATE")
        for number in range(200):
            database.execute(
                "INSERT OR REPLACE INTO items VALUES ('seen', ?, ?)",
                (number.to_bytes(2), secrets.token_bytes(900)),
            )
        crashed = shutil.copytree(folder, folder.with_name("crashed"))
        database.execute("ROLLBACK")
    assert any((crashed / JOURNAL).read_bytes())
    with closing(Profile.open(crashed)) as profile:
        assert profile.get(Kind.CONTACT, b"1") == SECRET
        assert profile.items(Kind.SEEN) == []
    assert not (crashed / JOURNAL).exists() or not any((crashed / JOURNAL).read_bytes())


def former(folder: Path, passphrase: str | None, items: int = 40) -> None:
    """Write a profile as the version before did: in clear, or under a key of the passphrase."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as database:
        database.executescript(
            "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;"
            "CREATE TABLE items (kind TEXT NOT NULL, id BLOB NOT NULL, value BLOB NOT NULL,"
            " PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID; PRAGMA user_version=1;"
            "INSERT INTO meta VALUES ('version', x'01');"
        )
        key = None
        if passphrase is not None:
            salt = secrets.token_bytes(16)
            key = argon2id(passphrase, salt)
            proof = seal_value(key, b"hamseda profile", b"", secrets.token_bytes)
            database.execute("INSERT INTO meta VALUES ('salt', ?), ('proof', ?)", (salt, proof))
        for number in range(items):
            id, value = b"%d" % number, SECRET + b" %d" % number
            if key is not None:
                value = seal_value(key, b"contact\0" + id, value, secrets.token_bytes)
            database.execute("INSERT INTO items VALUES ('contact', ?, ?)", (id, value))


def all_there(folder: Path, passphrase: str | None, items: int = 40) -> bool:
    """Tell whether nothing was lost."""
    with closing(Profile.open(folder, passphrase=passphrase)) as profile:
        found = dict(profile.items(Kind.CONTACT))
    return found == {b"%d" % number: SECRET + b" %d" % number for number in range(items)}


@pytest.mark.parametrize("passphrase", [None, "open sesame"])
def test_a_profile_of_the_version_before_is_taken_over(
    tmp_path: Path, passphrase: str | None
) -> None:
    """People keep their contacts over an upgrade, and nothing stays in clear in the files."""
    folder = tmp_path / "profile"
    former(folder, passphrase)
    for _ in range(2):
        assert all_there(folder, passphrase)
    assert SECRET not in b"".join(path.read_bytes() for path in folder.iterdir())
    assert not opens(folder, "another")


@pytest.mark.parametrize("passphrase", [None, "open sesame"])
@pytest.mark.parametrize("where", ["fsync", "replace", "folder", "seal", "version"])
def test_a_crash_while_a_profile_is_taken_over_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, passphrase: str | None
) -> None:
    """The upgrade is one commit; what was written before it counts for nothing without it."""
    folder = tmp_path / "profile"
    former(folder, passphrase)

    def cut(*_: object, **__: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        match where:
            case "fsync":
                patch.setattr(os, "fsync", cut)
            case "replace":
                patch.setattr(Path, "replace", cut)
            case "folder":
                patch.setattr("hamseda.client.profile_key.sync_folder", cut)
            case "seal":
                patch.setattr(profile_module, "seal_value", after(30, cut))
            case _:
                patch.setattr(profile_module, "VERSION", "no number")
        with pytest.raises((PowerCut, ProfileError)):
            Profile.open(folder, passphrase=passphrase)
    assert all_there(folder, passphrase)


def after(count: int, cut: Callable[..., None]) -> Callable[..., bytes]:
    """Seal so often, then cut."""
    left = iter(range(count))

    def sealing(*args: object) -> bytes:
        if next(left, None) is None:
            cut()
        return seal_value(*args)  # type: ignore[arg-type]

    return sealing


def test_the_wrong_passphrase_changes_nothing_in_a_profile_of_the_version_before(
    tmp_path: Path,
) -> None:
    """A slip of the finger must not be where contacts are lost."""
    folder = tmp_path / "profile"
    former(folder, "right")
    before = (folder / DATABASE).read_bytes()
    for wrong in ("wrong", None):
        with pytest.raises(ProfileError):
            Profile.open(folder, passphrase=wrong)
    assert (folder / DATABASE).read_bytes() == before
    assert not (folder / KEY).exists()
    assert all_there(folder, "right")


def test_a_profile_of_a_newer_hamseda_is_refused_in_words_and_left_alone(folder: Path) -> None:
    """Half an understanding would write over what it does not know."""
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        database.execute(f"PRAGMA user_version={VERSION + 1}")
        database.execute("CREATE TABLE from_the_future (x)")
        database.commit()
    (folder / JOURNAL).unlink(missing_ok=True)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ProfileError, match="newer hamseda") as error:
        Profile.open(folder)
    assert error.value.next
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_key_file_is_two_blocks_of_one_size(folder: Path) -> None:
    """A block for each record: what tears one never touches the other."""
    assert KEY_RECORD_SIZE <= BLOCK
    assert (folder / KEY).stat().st_size == 2 * BLOCK
