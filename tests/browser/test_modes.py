"""Every audio mode, through the page's own encoder, jitter buffer and decoder in real Chromium."""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Playwright
from scipy import signal

from hamseda.media.modes import MODES, Mode
from tests.browser.sound import RATE, write_pcm
from tests.browser.window import Window
from tests.speech import PESQ_RATE, pesq_wb, read_sound, speak

pytestmark = pytest.mark.browser

WEB = Path(__file__).parents[2] / "web"
FLOORS = {
    "standard": 4.0,
    "standard-40": 4.0,
    "saver": 3.3,
    "survival": 2.7,
    "last-resort": 2.0,
}
"""PESQ wide-band; 0.3 below the least of what was measured (ADR 0013)."""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its parent's name
        """Say nothing."""


@pytest.fixture(scope="module")
def modes_page(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Give a tab in which `throughModes` speaks and listens."""
    folder = tmp_path_factory.mktemp("modes")
    command = [WEB.parent / "tools" / "with-node", "node", "test/media/buildModes.mjs", folder]
    subprocess.run(command, cwd=WEB, check=True)
    handler = partial(_Quiet, directory=str(folder))
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        Window(playwright.chromium, tmp_path_factory.mktemp("browser"), None) as window,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        window.page.goto(f"http://localhost:{server.server_port}/modes.html")
        window.page.wait_for_function("'throughModes' in window")
        yield window.page
        server.shutdown()


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a sentence."""
    text = "The number of this call is 4711. I say it twice, so that you hear it: 4711."
    return speak(text, tmp_path_factory.mktemp("said") / "said.wav")


def through(page: Page, said: Path, plan: Sequence[tuple[int, int]], to: Path) -> dict[str, Any]:
    """Let a page say a sentence by a plan of modes; write what is heard, give the rest."""
    fine = signal.resample_poly(read_sound(said), RATE // PESQ_RATE, 1).astype("<f4")
    result = page.evaluate(
        "([said, plan]) => throughModes(said, plan)",
        [base64.b64encode(fine.tobytes()).decode(), [list(each) for each in plan]],
    )
    heard = np.frombuffer(base64.b64decode(result.pop("heard")), "<f4")
    write_pcm(to, np.clip(np.round(heard * 32_767), -32_768, 32_767).astype("<i2").tobytes())
    return dict(result)


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.name)
def test_each_mode_has_one_packet_size_and_is_understood(
    modes_page: Page, said: Path, tmp_path: Path, mode: Mode
) -> None:
    """Sizes tell what is said; and a mode that is not understood saves nothing."""
    heard = tmp_path / "heard.wav"
    result = through(modes_page, said, [(0, mode.code)], heard)
    score = pesq_wb(said, heard)
    print(f"{mode.name}: {score:.2f}")
    assert result["sizes"] == {mode.name: [mode.opus_bytes]}
    assert result["lost"] == 0
    assert score >= FLOORS[mode.name]


def test_modes_change_in_mid_sentence_without_a_gap(
    modes_page: Page, said: Path, tmp_path: Path
) -> None:
    """A person hears that it sounds different, and misses no word."""
    plan = [(0, 1), (37, 3), (80, 5), (131, 4), (190, 2), (230, 1)]
    heard = tmp_path / "heard.wav"
    result = through(modes_page, said, plan, heard)
    score = pesq_wb(said, heard)
    print(f"through all modes: {score:.2f}")
    assert set(result["sizes"]) == {mode.name for mode in MODES.values()}
    assert result["lost"] == 0
    assert score >= FLOORS["last-resort"]
