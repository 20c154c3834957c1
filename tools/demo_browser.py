"""Show the main job with a real browser in it: `make demo B=1` runs this.

As `tools/demo.py`, but Reza has installed nothing: he opens Maryam's link in Chromium and calls her
from the page that her home serves. His microphone is a sound file, his speaker is recorded.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from demo import SECONDS, Command, begin, run, say, speak, table
from playwright.sync_api import sync_playwright

from tests.browser.person import PagePerson
from tests.browser.sound import as_microphone
from tests.browser.window import TAP, Window

BUILT = Path(__file__).resolve().parent.parent / "web" / "dist"


def show(folder: Path, start: Callable[..., Command]) -> None:
    """Play the scenes."""
    page = folder / "page"
    shutil.copytree(BUILT, page)
    shutil.copy(TAP, page)
    link, invitation, maryam = begin(folder, start, f"--set=page={page}")
    speech = speak(folder / "speech-of-reza.wav")
    microphone = as_microphone(speech, folder / "microphone-of-reza.wav")
    with (
        sync_playwright() as running,
        Window(running.chromium, folder / "reza", microphone) as window,
    ):
        reza = PagePerson("Reza", window, link.partition("#")[0], speech)
        words = call(reza, invitation)
        shutil.move(window.save_heard(), folder / "heard-by-reza.wav")
    failed = maryam.finish()
    print(f"\n  Reza    five words    {'  '.join(words)}")
    print(f"          recording     {folder / 'heard-by-reza.wav'}")
    table(folder, {"Maryam": maryam})
    if failed or words != maryam.last("sas")["names"]:
        sys.exit("demo: something went wrong; see log.txt beside the recordings")


def call(reza: PagePerson, invitation: str) -> list[str]:
    """Let Reza accept and talk to Maryam from his browser; give his five words."""
    reza.accept(invitation, "Maryam")
    say("Reza opens the link", "in Chromium: no account, nothing to install, keys on both sides")
    reza.call("Maryam")
    say("Reza calls", "her phone rings")
    reza.wait_until_talking()
    say("Maryam answers", f"they talk for {SECONDS} s over the line that rang")
    words = reza.words()
    reza.window.wait_until_heard(SECONDS)
    reza.hang_up()
    reza.reason()
    return words


if __name__ == "__main__":
    run(show)
