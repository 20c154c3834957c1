"""Give the tests browsers, and the page with a tap in it."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.person import PagePerson
from tests.browser.sound import as_microphone, new_sentence, silence
from tests.browser.window import TAP, Window
from tests.integration.world import Home, World

DIST = Path(__file__).parents[2] / "web" / "dist"

MakePerson = Callable[..., PagePerson]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Start what drives the browsers."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the built page, and beside it the script that records what is played out."""
    assert (DIST / "index.html").is_file(), "the page is not built: run `make dev`"
    folder = tmp_path_factory.mktemp("page") / "dist"
    shutil.copytree(DIST, folder)
    shutil.copy(TAP, folder)
    return folder


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give an empty world, cleared away after the test."""
    with World(tmp_path) as world:
        yield world


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, page_folder: Path) -> Iterator[Home]:
    """Give the home that the tests of one file share; who changes it makes its own."""
    with World(tmp_path_factory.mktemp("shared")) as world:
        yield world.home(page=page_folder, creations_per_hour=100_000, puts_per_second=10_000)


@pytest.fixture
def person(tmp_path: Path, playwright: Playwright, home: Home) -> Iterator[MakePerson]:
    """Give a function that puts a person in front of the page; what a page complained is shown.

    Without a speech their microphone hears nothing.
    """
    people: list[PagePerson] = []
    with ExitStack() as stack:

        def make(
            name: str,
            speech: Path | None = None,
            at: Home = home,
            *,
            may_use_microphone: bool = True,
            flags: Sequence[str] = (),
        ) -> PagePerson:
            folder = tmp_path / f"browser-{len(people)}-{name}"
            microphone = None
            if may_use_microphone:
                path = folder.with_suffix(".wav")
                microphone = silence(path) if speech is None else as_microphone(speech, path)
            window = stack.enter_context(
                Window(playwright.chromium, folder, microphone, more=flags)
            )
            people.append(PagePerson(name, window, at.link.partition("#")[0], speech))
            return people[-1]

        yield make
        for someone in people:
            print(f"--- {someone.name}'s page: {someone.window.problems}")


@pytest.fixture
def sentences(tmp_path: Path) -> tuple[Path, Path]:
    """Give two sentences that were never spoken before."""
    return new_sentence(tmp_path / "first.wav"), new_sentence(tmp_path / "second.wav")
