"""A browser that was given a changed page once comes back to the honest one."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson
from tests.browser.person import befriend_terminal
from tests.browser.plain_home import PlainHome
from tests.browser.window import PATIENCE_MS
from tests.integration.world import World

pytestmark = pytest.mark.browser

FIRST_RUN = "Talk to your people, even where calls are blocked"
PAGE = """<!DOCTYPE html><title>x</title><h1>EVIL</h1><script>
navigator.serviceWorker.register("DOOR/assets/x.js", { scope: "DOOR" });
</script>"""
WORKER = """
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  const page = "<!DOCTYPE html><title>x</title><h1>EVIL</h1>";
  event.respondWith(new Response(page, { headers: { "Content-Type": "text/html" } }));
});
"""
CONTROLLED = "() => navigator.serviceWorker.ready.then(() => 1)"
REGISTERED = "() => navigator.serviceWorker.getRegistrations().then((all) => all.length)"


@contextlib.contextmanager
def evil_home(port: int, door: str) -> Generator[None]:
    """Serve a page that stays, at the address of a home that is away."""

    class Evil(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_script = self.headers.get("Service-Worker") == "script"
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
            self.send_header("Service-Worker-Allowed", door)
            self.end_headers()
            self.wfile.write((WORKER if is_script else PAGE.replace("DOOR", door)).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name
            return

    with ThreadingHTTPServer(("localhost", port), Evil) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def test_a_foreign_worker_goes_at_the_first_honest_visit(
    world: World, person: MakePerson, page_folder: Path
) -> None:
    """Under another name than the page's own it stayed for ever: its script was simply missing."""
    home = PlainHome(world, page_folder)
    reza = person("Reza", at=home)
    home.stop()
    with evil_home(home.port, "/" + home.link.partition("#")[0].rpartition("/")[2]):
        reza.page.goto(reza.address)
        reza.page.evaluate(CONTROLLED)
        reza.page.reload()
        expect(reza.heading("EVIL")).to_be_visible()
    home.start()
    reza.page.goto(reza.address)
    expect(reza.heading(FIRST_RUN)).to_be_visible(timeout=PATIENCE_MS)


def test_a_kept_page_survives_ten_visits(
    world: World, person: MakePerson, page_folder: Path
) -> None:
    """What removes foreign workers must not remove our own."""
    home = PlainHome(world, page_folder)
    reza = person("Reza", at=home)
    befriend_terminal(reza, world.person("Nadia"))
    kept = reza.wait_until_kept()
    for _ in range(10):
        reza.page.reload()
        expect(reza.heading("People")).to_be_visible(timeout=PATIENCE_MS)
    assert reza.page.evaluate(REGISTERED) == 1
    assert reza.wait_until_kept() == kept
    home.stop()
    reza.page.reload()
    expect(reza.heading("People")).to_be_visible(timeout=PATIENCE_MS)
    reza.see("Nadia")
