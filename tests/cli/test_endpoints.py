"""Lists of endpoints at the terminal: shown, passed on as text and picture, taken in again."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import cast

import pytest

from hamseda.cli.main import main
from hamseda.client.homes import HomeDirectory
from hamseda.client.profile import Profile
from hamseda.transport.websocket import Web
from hamseda.wire.document import format_list, parse_list_untrusted
from tests.client.memory_home import DOOR, MemoryHome, MemoryWeb
from tests.fakes import run

BLOCKED, FRONT = "home.example", "front.example"


def met(folder: Path, *homes: MemoryHome) -> None:
    """Make a profile that knows these homes."""
    profile = Profile.open(folder)
    directory = HomeDirectory(cast("Web", MemoryWeb(*homes)), profile)
    for home in homes:
        run(directory.learn(home.link))
    profile.close()


def objects(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """Take the JSON that was printed."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def at(folder: Path, *options: str) -> int:
    """Run the command on a profile."""
    return main(["endpoints", "--profile", str(folder), *options])


def test_a_list_goes_from_one_profile_to_another_as_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who still reaches the home copies the text into any chat that works."""
    home = MemoryHome()
    met(tmp_path / "blocked", home)
    home.sign(BLOCKED, FRONT)
    met(tmp_path / "free", home)
    assert at(tmp_path / "free", "--export") == 0
    text, note = capsys.readouterr()
    assert "find the home" in note
    assert at(tmp_path / "blocked", "--import", text) == 0
    assert capsys.readouterr().out == f"2 ways to https://{BLOCKED}:443 from now on.\n"
    assert at(tmp_path / "blocked", "--json") == 0
    (shown,) = objects(capsys)
    assert shown["home"] == home.id
    assert shown["version"] == 2
    assert shown["endpoints"] == [
        {"address": f"https://{host}:443", "tls_name": "", "web": True} for host in (BLOCKED, FRONT)
    ]


@pytest.mark.parametrize("way", ["file", "pipe"])
def test_a_list_comes_as_a_file_or_through_a_pipe(
    tmp_path: Path,
    way: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A memory stick goes where no network does."""
    home = MemoryHome()
    met(tmp_path / "me", home)
    text = format_list(home.sign(FRONT))
    (tmp_path / "list.txt").write_text(text, encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    given = str(tmp_path / "list.txt") if way == "file" else "-"
    assert at(tmp_path / "me", "--json", "--import", given) == 0
    (taken,) = objects(capsys)
    assert (taken["event"], taken["taken"], taken["version"]) == ("endpoints_taken", True, 2)


def test_an_old_list_is_told_to_be_old(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody should think that he has got something when he has not."""
    home = MemoryHome()
    old = format_list(home.signed)
    home.sign(FRONT)
    met(tmp_path, home)
    assert at(tmp_path, "--import", old) == 0
    assert "already, or a newer one" in capsys.readouterr().out


def test_a_changed_list_is_an_alarm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever can change a list could send people to a place of his own."""
    home = MemoryHome()
    met(tmp_path, home)
    signed = bytearray(home.sign(FRONT))
    signed[signed.index(b"front")] ^= 1
    for bad in (format_list(bytes(signed)), format_list(home.signed)[:-9]):
        assert at(tmp_path, "--import", bad) == 6
        out, err = capsys.readouterr()
        assert out == ""
        assert "again" in err


def test_a_list_of_a_strange_home_is_not_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A home is met by an invitation, which somebody sends on purpose."""
    met(tmp_path, MemoryHome())
    assert at(tmp_path, "--import", format_list(MemoryHome("other").signed)) == 2
    assert "does not know" in capsys.readouterr().err


def test_the_home_is_named_by_host_link_or_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """People remember an address, and scripts an id."""
    home, other = MemoryHome(), MemoryHome("other")
    met(tmp_path, home, other)
    for name in (home.host, f"https://{home.host}:443", home.link, home.id):
        assert at(tmp_path, name, "--export", "--json") == 0
        (exported,) = objects(capsys)
        assert parse_list_untrusted(str(exported["text"])) == home.signed
    assert at(tmp_path, "--export") == 2
    assert at(tmp_path, "nowhere.example") == 2
    err = capsys.readouterr().err
    assert home.host in err
    assert other.host in err
    assert DOOR not in err


def test_an_empty_profile_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing at all on a screen looks like a fault."""
    assert at(tmp_path) == 0
    assert "Accept an invitation" in capsys.readouterr().out


def test_a_list_is_drawn_for_a_camera(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two people in one room need no network to share a list."""
    home = MemoryHome()
    home.sign(BLOCKED, FRONT)
    met(tmp_path, home)
    assert at(tmp_path, "--export", "--qr") == 0
    assert "█" in capsys.readouterr().out
    home.sign(*(f"{'long' * 15}.{number}.example" for number in range(16)))
    met(tmp_path, home)
    assert at(tmp_path, "--export", "--qr") == 2
    assert "too long for a QR code" in capsys.readouterr().err
    assert at(tmp_path, "--qr") == 2


def test_a_list_that_is_not_there_is_said_before_an_invitation_is_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever mistyped the name of a file should not wait for a network to hear it."""
    link = f"https://{BLOCKED}/{DOOR}#{'A' * 43}"
    given = ["--name", "Ali", "--endpoints", str(tmp_path / "lst.txt")]
    assert main(["accept", "--profile", str(tmp_path / "p"), link, *given]) == 2
    assert "neither a list nor a file" in capsys.readouterr().err
