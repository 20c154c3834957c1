"""The page in one file: whoever opens it must be able to know that it is the released one."""

import hashlib
import json
from pathlib import Path

import pytest

from hamseda import __version__
from hamseda.cli import verify_page
from hamseda.cli.main import main

PAGE = b"<!doctype html><title>hamseda</title>"


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of a release's page."""
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "hamseda.html").write_bytes(PAGE)
    monkeypatch.setattr(verify_page, "built_page", lambda: folder)
    return folder


def test_the_released_file_is_known(
    released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy from a friend's disk is as good as one from a home."""
    copy = tmp_path / "from-a-friend.html"
    copy.write_bytes((released / "hamseda.html").read_bytes())
    assert main(["verify-page", str(copy)]) == 0
    said = capsys.readouterr().out
    assert __version__ in said
    assert hashlib.sha256(PAGE).hexdigest() in said


def test_a_changed_file_is_told(
    released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One byte is enough to send every key elsewhere."""
    changed = tmp_path / "changed.html"
    changed.write_bytes((released / "hamseda.html").read_bytes() + b" ")
    assert main(["verify-page", str(changed), "--json"]) == 6
    event = json.loads(capsys.readouterr().out.splitlines()[0])
    assert event["event"] == "page"
    assert event["same"] is False
    assert event["sha256"] != event["expected"]


def test_what_cannot_be_compared_is_no_good_page(released: Path, tmp_path: Path) -> None:
    """A typing error must not look like a verdict."""
    assert main(["verify-page", str(tmp_path / "nothing.html")]) == 2
    (released / "hamseda.html").unlink()
    assert main(["verify-page", str(tmp_path)]) == 2
