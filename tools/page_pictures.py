"""Take the pictures of the page for the documents: `PYTHONPATH=. python tools/page_pictures.py`.

They are of a real call between two real browsers over a real home, at the width of a small phone.
Needs what the browser tests need: `make dev`, chromium. Where pngquant is installed it makes the
files a third as large.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.person import PagePerson
from tests.browser.sound import as_microphone
from tests.browser.window import Window
from tests.integration.world import World
from tests.speech import voice

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "img"
TALK_SECONDS = 11.0
"""How long they talk before the picture: their voices are written into the ring by then."""
COLOURS = 64


def main(arguments: Sequence[str]) -> int:
    """Play a call and write the pictures into a folder, `docs/img` if none is named."""
    target = Path(arguments[0]) if arguments else PICTURES
    target.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="hamseda-pictures-"))
    try:
        with ExitStack() as stack:
            chromium = stack.enter_context(sync_playwright()).chromium
            world = stack.enter_context(World(folder))
            address = world.home().link.partition("#")[0]
            microphone = as_microphone(voice("jfk"), folder / "microphone.wav")

            def person(name: str) -> PagePerson:
                window = stack.enter_context(Window(chromium, folder / name, microphone))
                return PagePerson(name, window, address, None)

            take(person("Maryam"), person("Reza"), target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def take(maryam: PagePerson, reza: PagePerson, target: Path) -> None:
    """Let Maryam invite Reza, and Reza call; take a picture at each step."""
    maryam.open()
    link = maryam.make_invitation(reza.name)
    _picture(maryam, target / "page-invite.png")
    reza.accept(link, maryam.name)
    maryam.wait_until_can_call(reza.name)
    maryam.go_to_people()
    reza.call(maryam.name)
    maryam.wait_until_rings(reza.name)
    _picture(maryam, target / "page-incoming.png")
    maryam.answer(reza.name)
    maryam.wait_until_talking()
    maryam.page.wait_for_timeout(1000 * TALK_SECONDS)
    _picture(maryam, target / "page-call.png")
    maryam.page.locator("button.chip", has_text="erified").click()
    maryam.page.locator("ol.sas").wait_for()
    _picture(maryam, target / "page-verify.png")
    maryam.button("Later").click()
    maryam.hang_up()


def _picture(person: PagePerson, path: Path) -> None:
    person.page.screenshot(path=path)
    program = shutil.which("pngquant")
    if program is not None:
        command = (program, "--force", "--strip", "--output", path, str(COLOURS), "--", path)
        subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
