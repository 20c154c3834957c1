"""Every screen in every state: what a screen reader, a small window, large text and dark meet.

One walk loads each screen once a language and asks it everything; each test reads one answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.gallery import Look, TextSize, built_gallery, prepare, scenes, show, violations
from tests.browser.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

Language = Literal["en", "fa"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "fa")
WIDTHS: Final = (320, 768, 1280)
TARGET: Final = 44
CONTRAST: Final = 3
USUAL_TEXT: Final = 16
LARGE_TEXT: Final = 32
FITTING: Final = ("calling", "connecting", "incoming", "in-call", "in-call-muted", "in-call-fair")
"""What a person must see without scrolling on a small telephone."""


@dataclass
class Walk:
    """Be what the walk found, by what is wrong: where, and what."""

    scenes: list[str]
    found: dict[str, dict[str, object]] = field(default_factory=lambda: defaultdict(dict))
    moving: set[str] = field(default_factory=set[str])
    """Where something moves for those who do not mind."""
    fonts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, what: str, where: str, wrong: object) -> None:
        """Keep what is wrong; nothing, when it is empty or zero."""
        if wrong:
            self.found[what][where] = wrong


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of the gallery."""
    with built_gallery(tmp_path_factory.mktemp("gallery")) as address:
        yield address


@pytest.fixture(scope="module")
def page(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Give a tab that can be asked about what it shows."""
    with Window(playwright.chromium, tmp_path_factory.mktemp("browser"), None) as window:
        prepare(window.page)
        yield window.page


@pytest.fixture(scope="module")
def walk(gallery: str, page: Page) -> Walk:
    """Walk through the gallery."""
    walk = Walk(scenes(page, gallery))
    text = TextSize(page)
    for language in LANGUAGES:
        for scene in walk.scenes:
            show(page, gallery, scene, Look(language, 360, 640, "light"))
            _ask(walk, page, scene, language)
            _ask_small(walk, page, text, f"{scene} {language}")
    return walk


def _ask(walk: Walk, page: Page, scene: str, language: Language) -> None:
    where = f"{scene} {language}"
    walk.fonts[language] |= set(page.evaluate("look.fonts()"))
    walk.note("focus", where, page.evaluate("look.focused()") != "h1")
    walk.note("title", where, not page.title().endswith("hamseda" if language == "en" else "همصدا"))
    walk.note("digits", where, page.evaluate("look.digits(document.documentElement.lang)"))
    walk.note("small", where, page.evaluate("least => look.small(least)", TARGET))
    walk.note("cut", where, page.evaluate("look.cut()"))
    walk.note("still", where, page.evaluate("look.motions()"))
    walk.note("axe", f"{where} light", violations(page))
    page.emulate_media(color_scheme="dark")
    walk.note("axe", f"{where} dark", violations(page))
    page.emulate_media(forced_colors="active")
    walk.note("faint", where, page.evaluate("least => look.faint(least)", CONTRAST))
    page.emulate_media(forced_colors="none", reduced_motion="no-preference")
    if page.evaluate("look.motions()"):
        walk.moving.add(scene)


def _ask_small(walk: Walk, page: Page, text: TextSize, where: str) -> None:
    if where.split(maxsplit=1)[0] in FITTING:
        page.set_viewport_size({"width": 360, "height": 560})
        walk.note("tall", where, page.evaluate("look.tall()"))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 640})
        walk.note("sideways", f"{where} {width}", page.evaluate("look.sideways()"))
    page.set_viewport_size({"width": 320, "height": 640})
    page.evaluate("look.space()")
    walk.note("sideways", f"{where} spaced", page.evaluate("look.sideways()"))
    walk.note("cut", f"{where} spaced", page.evaluate("look.cut()"))
    page.evaluate("look.unspace()")
    text.set(LARGE_TEXT)
    walk.note("sideways", f"{where} large", page.evaluate("look.sideways()"))
    walk.note("cut", f"{where} large", page.evaluate("look.cut()"))
    text.set(USUAL_TEXT)


def test_the_walk_sees_every_screen(walk: Walk) -> None:
    """A gallery that lost its scenes would be green."""
    assert len(walk.scenes) > 40


def test_axe_finds_nothing(walk: Walk) -> None:
    """Who cannot see the page, or cannot use a mouse, must be able to call as well."""
    assert walk.found["axe"] == {}


def test_axe_would_find_something(walk: Walk, gallery: str, page: Page) -> None:
    """A check that is green on a page without names for its buttons would prove nothing."""
    show(page, gallery, "people", Look("en", 360, 640, "light"))
    page.evaluate("document.body.append(document.createElement('button'))")
    assert any(each.startswith("button-name") for each in violations(page))


def test_nothing_scrolls_sideways(walk: Walk) -> None:
    """On the smallest telephone, with the largest text, all is in reach of a thumb."""
    assert walk.found["sideways"] == {}


def test_no_text_is_cut_off(walk: Walk) -> None:
    """Half a sentence about what to do is none."""
    assert walk.found["cut"] == {}


def test_a_call_fits_a_small_screen(walk: Walk) -> None:
    """Nobody scrolls to find "End call", or to answer."""
    assert walk.found["tall"] == {}


def test_targets_are_as_large_as_a_thumb(walk: Walk) -> None:
    """Hands shake, above all under stress."""
    assert walk.found["small"] == {}


def test_nothing_moves_for_who_asked_for_rest(walk: Walk) -> None:
    """Motion makes some people ill; the others see that somebody rings."""
    assert walk.found["still"] == {}
    assert {"incoming", "connecting"} <= walk.moving


def test_drawings_are_seen_in_forced_colours(walk: Walk) -> None:
    """Who reads white on black in a hundred sizes still sees whether they are heard."""
    assert walk.found["faint"] == {}


def test_digits_are_those_of_the_language(walk: Walk) -> None:
    """A page that counts in two scripts was translated, not written."""
    assert walk.found["digits"] == {}


def test_each_screen_begins_at_its_heading(walk: Walk) -> None:
    """A screen reader says where one is; the title says it in the list of tabs."""
    assert walk.found["focus"] == {}
    assert walk.found["title"] == {}


def test_the_persian_font_is_loaded_for_persian_only(walk: Walk) -> None:
    """Thirty kilobytes are ten seconds on a bad line: only who reads Persian waits for them."""
    assert walk.fonts["en"] == set()
    assert {"Vazirmatn", "Vazirmatn Page"} <= walk.fonts["fa"]
