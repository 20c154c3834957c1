"""Before a call people find out whether they will be heard, in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hamseda.cli import audio, sound
from hamseda.cli.main import main
from hamseda.errors import AudioError
from hamseda.transport.wav import WavSink
from tests.cli.test_level import tone
from tests.speech import voice
from tests.transport.sound_system import PluggedIn


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> PluggedIn:
    """Plug a microphone and two speakers into the machine, whose clock takes no time."""
    system = PluggedIn("mic", "speaker", "headset")
    for module in (audio, sound):
        monkeypatch.setattr(module, "PortAudio", lambda: system)
    now = [0.0]
    monkeypatch.setattr(audio.time, "monotonic", lambda: now[0])

    def sleep(seconds: float) -> None:
        now[0] += seconds
        if seconds > 0:
            system.tick()

    monkeypatch.setattr(audio.time, "sleep", sleep)
    return system


def run(line: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, object]]:
    """Run a test of sound; give its status and what it found."""
    status = main(["test-audio", "--json", *line.split()])
    return status, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_devices_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """What can be chosen, and what is used when nothing is."""
    assert main(["devices"]) == 0
    out = capsys.readouterr().out
    assert "0  mic   microphone*" in out
    assert "2  headset   speaker\n" in out
    assert main(["devices", "--json"]) == 0
    objects = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert [(o["event"], o["id"], o["kinds"], o["default_for"]) for o in objects] == [
        ("device", "mic", ["microphone"], ["microphone"]),
        ("device", "speaker", ["speaker"], ["speaker"]),
        ("device", "headset", ["speaker"], []),
    ]


def test_a_machine_without_devices_is_told_so(
    machine: PluggedIn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty list with a next step is no failure."""
    monkeypatch.setattr(audio, "PortAudio", PluggedIn)
    assert main(["devices"]) == 0
    assert "--play" in capsys.readouterr().out


def test_what_was_said_is_heard(machine: PluggedIn, capsys: pytest.CaptureFixture[str]) -> None:
    """The simple case: say something, hear it, be told that all is well."""
    status, found = run("--speaker headset", capsys)
    assert (status, found["verdict"]) == (0, "good")
    assert (found["microphone"], found["speaker"]) == ("mic", "headset")
    played = machine.played["headset"]
    assert sum(1 for pcm in played if any(pcm)) >= 140, "three seconds, all but the ends"


@pytest.mark.parametrize(
    ("amplitude", "verdict", "status"),
    [(0.3, "good", 0), (0.0, "silent", 1), (0.008, "quiet", 1), (3.0, "clipping", 1)],
)
def test_files_stand_in_for_devices(
    amplitude: float,
    verdict: str,
    status: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A machine without sound can try it too, and scripts can check the words."""
    spoken = WavSink(tmp_path / "said.wav")
    for _ in range(60):
        spoken.write_frame(tone(amplitude))
    spoken.close()
    line = f"--play {tmp_path}/said.wav --record {tmp_path}/heard.wav --duration 1"
    assert run(line, capsys)[0] == status
    assert run(line, capsys)[1]["verdict"] == verdict
    assert (tmp_path / "heard.wav").stat().st_size == 44 + 50 * 1920


def test_people_get_words_and_the_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No numbers, no field names."""
    line = ["test-audio", "--play", str(voice("jfk")), "--record", str(tmp_path / "heard.wav")]
    assert main(line) == 0
    out = capsys.readouterr().out
    assert "Speak now, for 3 seconds." in out
    assert out.endswith("Your microphone works.\n")


def test_a_machine_without_a_microphone(
    machine: PluggedIn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said which half is missing."""
    monkeypatch.setattr(sound, "PortAudio", lambda: PluggedIn("speaker"))
    assert run("", capsys)[1]["verdict"] == "no_microphone"
    machine.plugged.remove("speaker")
    machine.plugged.remove("headset")
    machine.rescan()
    monkeypatch.setattr(sound, "PortAudio", lambda: machine)
    assert run("", capsys)[1]["verdict"] == "no_speaker"


def test_a_microphone_that_gives_nothing(
    machine: PluggedIn, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened, but no frame comes: another program or the system holds it back."""
    monkeypatch.setattr(machine, "tick", lambda: None)
    assert run("", capsys)[1]["verdict"] == "no_sound"


def test_an_installation_without_sound(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence with a remark where nothing was named; an error where something was."""

    def missing() -> PluggedIn:
        raise AudioError("this installation has no sound", next="install it")

    monkeypatch.setattr(sound, "PortAudio", missing)
    assert run("", capsys)[1]["verdict"] == "no_microphone"
    status, found = run("--microphone mic", capsys)
    assert (status, found["event"], found["next"]) == (1, "error", "install it")
