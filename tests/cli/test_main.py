"""The command line says what is wrong before it does anything, and returns the agreed status."""

from __future__ import annotations

import io
import json
import resource
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hamseda.cli.common import NEW_PASSPHRASE, PASSPHRASE
from hamseda.cli.main import build_parser, main
from hamseda.client.profile import Profile
from hamseda.crypto.profile_lock import LockCost
from hamseda.serve.audit import STORE_NAME


@pytest.mark.parametrize(
    "line",
    [
        "serve --data d --port 0",
        "invite --home http://localhost:8080 --name bahar --days 3 --wait --json",
        "accept LINK --name ali --profile p",
        "contacts --json",
        "call bahar --play a.wav --record b.wav --duration 5 --json --profile p",
        "answer --once --decline --ring 2",
        "call bahar --microphone headset --speaker 3",
        "answer --mode last-resort",
        "devices --json",
        "test-audio --play a.wav --record b.wav --duration 2 --json",
        "audit --data d --json",
        "erase --yes",
        "passphrase --remove --json",
    ],
)
def test_the_agreed_commands_are_there(line: str) -> None:
    """Others rely on these names (docs/reference/commands.md)."""
    assert callable(build_parser().parse_args(line.split()).run)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "",
            "dance",
            "call",
            "invite",
            "accept LINK",
            "call bahar --volume 11",
            "call bahar --mode loud",
        ),
        *("call bahar --duration=-5", "call bahar --duration nan", "answer --ring=-1"),
    ],
)
def test_what_cannot_be_meant_is_status_2(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A typo is told apart from a failure."""
    with pytest.raises(SystemExit) as error:
        main(line.split())
    assert error.value.code == 2
    assert "usage" in capsys.readouterr().err


def failure(line: str, profile: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run a command that fails; give its status and its words."""
    status = main([*line.split(), "--profile", str(profile), "--json"])
    out, _ = capsys.readouterr()
    objects = [json.loads(text) for text in out.splitlines()]
    assert objects[-1]["event"] == "error"
    assert objects[-1]["next"]
    return status, objects[-1]["error"]


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        ("call nobody --play VOICE", 2, "nobody"),
        ("call nobody --play missing.wav", 1, "missing.wav"),
        ("answer --play missing.wav", 1, "missing.wav"),
        ("call nobody --play VOICE --microphone headset", 2, "cannot both"),
        ("invite --home nonsense", 2, "link"),
        ("accept nonsense --name ali", 6, "link"),
        ("call nobody --patience 0", 2, "45 seconds"),
        ("invite --home LINK --days 99", 2, "1 to 30 days"),
        ("contacts --delete nobody", 2, "nobody"),
        ("contacts --verify nobody", 2, "nobody"),
        ("erase --yes", 2, "no profile"),
    ],
)
def test_failures_have_words_and_the_agreed_status(
    line: str, status: int, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each ends in one sentence, the next step and a status; none in a traceback."""
    voice = Path(__file__).parent.parent / "data" / "jfk-48k.wav"
    found, said = failure(line.replace("VOICE", str(voice)), tmp_path / "p", capsys)
    assert found == status
    assert words in said


def test_a_profile_in_use_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two processes on one profile: the second says so and touches nothing."""
    profile = Profile.open(tmp_path)
    status, said = failure("contacts", tmp_path, capsys)
    assert status == 1
    assert "another hamseda process" in said
    profile.close()


def test_contacts_of_an_empty_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first thing that anybody tries says what to do."""
    assert main(["contacts", "--profile", str(tmp_path)]) == 0
    assert "hamseda invite" in capsys.readouterr().out


def test_a_passphrase_is_set_changed_and_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who learns of the lock after the first contact must not have to begin anew."""
    monkeypatch.setattr("hamseda.client.profile_key.COST", LockCost(1, 1, 8))
    Profile.open(tmp_path).close()
    status, said = failure("passphrase", tmp_path, capsys)
    assert status == 2
    assert "nobody to ask" in said
    line = ["passphrase", "--profile", str(tmp_path), "--json"]
    for old, new in ((None, "one"), ("one", "two"), ("two", None)):
        for name, value in ((PASSPHRASE, old), (NEW_PASSPHRASE, new)):
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        assert main([*line, *([] if new else ["--remove"])]) == 0
        assert json.loads(capsys.readouterr().out)["locked"] == (new is not None)
        Profile.open(tmp_path, passphrase=new).close()


def test_erase_asks_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal and without --yes nothing is destroyed."""
    Profile.open(tmp_path).close()
    status, said = failure("erase", tmp_path, capsys)
    assert status == 2
    assert "nothing was erased" in said
    assert (tmp_path / "profile.db").exists()
    assert main(["erase", "--yes", "--profile", str(tmp_path), "--json"]) == 0
    assert not (tmp_path / "profile.db").exists()


def test_a_home_of_a_newer_release_ends_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who goes back a release must not lose the letters of everybody at this home."""
    with closing(sqlite3.connect(tmp_path / STORE_NAME)) as database:
        database.execute("CREATE TABLE from_the_future (x)")
        database.execute("PRAGMA user_version = 1000000")
    before = (tmp_path / STORE_NAME).read_bytes()
    assert main(["serve", "--data", str(tmp_path), "--port", "0", "--json"]) == 1
    out, err = capsys.readouterr()
    (told,) = [json.loads(line) for line in out.splitlines()]
    assert "newer release" in told["error"]
    assert told["next"]
    assert "Traceback" not in err
    assert (tmp_path / STORE_NAME).read_bytes() == before


@pytest.mark.parametrize(
    "options",
    ["--port 99999", "--config missing.toml", "--site missing", "--set nonsense=1", "--data FILE"],
)
def test_a_home_that_cannot_open_says_what_next(
    options: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who sets up a home in a hurry must not be left with half a sentence."""
    (tmp_path / "file").write_text("not a folder")
    line = f"serve --data {tmp_path}/home {options}".replace("FILE", str(tmp_path / "file"))
    assert main(line.split()) == 2
    assert "next: " in capsys.readouterr().err


@pytest.mark.parametrize(("given", "said"), [("nonsense\n", "link"), ("", "link")])
def test_a_link_can_come_by_standard_input(
    given: str,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every user of the machine reads the arguments of a process, and a shell keeps them."""
    monkeypatch.setattr("sys.stdin", io.StringIO(given + "a second line"))
    status, words = failure("accept - --name ali", tmp_path, capsys)
    assert status in {2, 6}
    assert said in words


def test_a_link_and_a_passphrase_are_asked_for_at_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is shown; the passphrase only where the profile has one."""
    monkeypatch.setattr("hamseda.client.profile_key.COST", LockCost(1, 1, 8))
    monkeypatch.delenv(PASSPHRASE, raising=False)
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "open sesame"

    monkeypatch.setattr("getpass.getpass", answer)
    failure("accept - --name ali", tmp_path, capsys)
    assert [prompt.split()[0] for prompt in asked] == ["Link"]
    assert main(["passphrase", "--profile", str(tmp_path)]) == 0
    assert main(["contacts", "--profile", str(tmp_path)]) == 0
    assert [prompt.split()[0] for prompt in asked[1:]] == ["New", "The", "Passphrase:"]


def test_a_crash_leaves_no_memory_on_the_disk() -> None:
    """A core dump of a home or of a client held its identity and its ratchets (found in one)."""
    program = (
        "import resource\n"
        "from hamseda.cli.main import main\n"
        "try:\n    main(['--version'])\nexcept SystemExit:\n    pass\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0])\n"
    )
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    assert most != 0, "this process may leave no core itself: nothing can be seen here"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (most, most)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines()[-1] == "0"
