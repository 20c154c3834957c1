"""Choose microphone and speaker in the middle of a call, and pull them out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import MakePerson
from tests.browser.person import PagePerson, befriend
from tests.browser.sound import RATE, write_pcm
from tests.browser.window import HERE
from tests.speech import PESQ_RATE, read_sound

pytestmark = pytest.mark.browser

FIRST, SECOND = "Fake Audio Input 1", "Fake Audio Input 2"
DEFAULT = "Fake Default Audio Input"
SPEAKER = "Fake Audio Output 2"
BACK_WITHIN_MS = 5000
GAP_MS = 150.0
"""100 ms, and what a busy machine adds."""
SLICE_MS = 10
HUM_HZ = 300
HUM_LEVEL = 6000


@pytest.fixture
def talking(person: MakePerson, tmp_path: Path) -> tuple[PagePerson, PagePerson]:
    """Let two people be in a call; the microphone of the first hums without a pause."""
    times = np.arange(10 * RATE) / RATE
    hum = HUM_LEVEL * np.sin(2 * np.pi * HUM_HZ * times)
    sound = write_pcm(tmp_path / "hum.wav", hum.astype("<i2").tobytes())
    reza = person("Reza", flags=[f"--use-file-for-fake-audio-capture={sound}"])
    nadia = person("Nadia")
    reza.window.context.add_init_script(path=HERE / "devices.js")
    befriend(reza, nadia)
    nadia.wait_until_ready()
    reza.go_to_people()
    reza.call("Nadia")
    nadia.answer("Reza")
    for each in (reza, nadia):
        each.wait_until_talking()
    nadia.window.wait_until_heard(2)
    return reza, nadia


def picker(person: PagePerson, name: str) -> Locator:
    """Find the choice of a device."""
    return person.page.get_by_label(name, exact=True)


def wait_until_open(person: PagePerson, *labels: str) -> None:
    """Wait until exactly these microphones are open."""
    person.page.wait_for_function(
        "labels => devices.open().join() === labels",
        arg=",".join(labels),
        timeout=BACK_WITHIN_MS,
    )


def longest_gap_ms(recording: Path) -> float:
    """Give the longest silence between two hums, in milliseconds."""
    sound = read_sound(recording)
    size = PESQ_RATE * SLICE_MS // 1000
    slices = sound[: len(sound) // size * size].reshape(-1, size)
    loud = np.flatnonzero(np.sqrt(np.mean(slices**2, axis=1)) > 0.02)
    print(f"{len(loud)} of {len(slices)} slices hum")
    return float((np.diff(loud).max() - 1) * SLICE_MS)


def test_a_change_in_mid_call_is_not_heard(talking: tuple[PagePerson, PagePerson]) -> None:
    """Who puts on a headset goes on talking; the choice holds for the next call."""
    reza, nadia = talking
    reza.button("Details").click()
    heard = nadia.window.heard_seconds()
    for name in (SECOND, FIRST):
        picker(reza, "Microphone").select_option(label=name)
        wait_until_open(reza, name)
        heard += 2
        nadia.window.wait_until_heard(heard)
    picker(reza, "Sound from").select_option(label=SPEAKER)
    reza.page.wait_for_function("() => devices.sinks().length === 1 && devices.sinks()[0] !== ''")
    nadia.window.wait_until_heard(heard + 2)
    reza.hang_up()
    gap = longest_gap_ms(nadia.window.save_heard())
    print(f"the longest gap was {gap} ms")
    assert gap <= GAP_MS
    reza.page.reload()
    reza.wait_until_ready()
    reza.open_settings()
    chosen = picker(reza, "Microphone").locator("option:checked")
    expect(chosen).to_contain_text(FIRST)


def test_a_microphone_that_is_pulled_out(talking: tuple[PagePerson, PagePerson]) -> None:
    """A headset that runs empty costs no call: another one hears, the screen says which."""
    reza, nadia = talking
    reza.button("Details").click()
    picker(reza, "Microphone").select_option(label=SECOND)
    wait_until_open(reza, SECOND)
    reza.page.evaluate("label => devices.pullOut([label])", SECOND)
    wait_until_open(reza, DEFAULT)
    reza.see(f"{SECOND} is gone. Now using {DEFAULT}.")
    expect(picker(reza, "Microphone")).to_contain_text("(not connected)")
    reza.page.evaluate("devices.plugIn()")
    wait_until_open(reza, SECOND)
    reza.see(f"Now using {SECOND}.")

    reza.page.evaluate("labels => devices.pullOut(labels)", [DEFAULT, FIRST, SECOND])
    reza.see(
        "No microphone is connected, so Nadia cannot hear you. Connect one, and it is used at once."
    )
    heard = nadia.window.heard_seconds()
    nadia.window.wait_until_heard(heard + 2)
    expect(nadia.heading("Reza")).to_be_visible()
    expect(nadia.page.get_by_text("Reconnecting…")).to_have_count(0)
    reza.page.evaluate("devices.plugIn()")
    wait_until_open(reza, SECOND)
    assert reza.window.problems == []
