"""The built page as a home serves it: under the door, from memory, with nothing from elsewhere."""

import asyncio
import gzip
import hashlib
import re
from base64 import b64encode
from pathlib import Path

import pytest

from hamseda.errors import ConfigError
from hamseda.serve.page import ASSET_HEADERS, FILES_MOST, HEADERS, PageFile, load_page
from tests.serve.home_process import HomeProcess, running_home
from tests.serve.test_door import get, play

DOOR = "hAAAAAAAAAAAAAAAAAAAAAA"
SCRIPT = b"console.log('a line that is longer than its packed form');\n" * 40
STYLE = b"body{margin:0}"
MARKUP = """<!doctype html>
<html><head>
<link rel="icon" href="./icon.svg">
<script type="module" crossorigin src="./assets/index-1a2b.js"></script>
<link rel="stylesheet" crossorigin href="./assets/index-3c4d.css">
</head><body></body></html>
"""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Give a folder as the build of the page leaves it."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(MARKUP, encoding="utf-8")
    (folder / "icon.svg").write_bytes(b"<svg/>")
    (folder / "licences.txt").write_bytes(b"MIT")
    (folder / "assets" / "index-1a2b.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-3c4d.css").write_bytes(STYLE)
    (folder / "assets" / "worker-5e6f.js").write_bytes(SCRIPT)
    return folder


def served(folder: Path, path: str) -> PageFile:
    """Load a page and give one of its files."""
    file = load_page(folder, DOOR).file(path)
    assert file is not None
    return file


def integrity(body: bytes) -> str:
    """Write a hash as W3C Subresource Integrity does."""
    return "sha384-" + b64encode(hashlib.sha384(body).digest()).decode()


def test_the_page_works_with_and_without_a_slash(built: Path) -> None:
    """An invitation's link ends at the door: a relative name would lead to the plain site."""
    markup = served(built, "").body.decode()
    places = re.findall(r'(?:src|href)="([^"]+)"', markup)
    assert len(places) == 3
    assert all(place.startswith(f"/{DOOR}/") for place in places)
    assert markup == served(built, "index.html").body.decode()


def test_scripts_and_styles_carry_their_hash(built: Path) -> None:
    """Who changes a file on its way, or in a cache, gets it refused by the browser."""
    markup = served(built, "").body.decode()
    assert f'src="/{DOOR}/assets/index-1a2b.js" integrity="{integrity(SCRIPT)}"' in markup
    assert f'href="/{DOOR}/assets/index-3c4d.css" integrity="{integrity(STYLE)}"' in markup
    assert f'href="/{DOOR}/icon.svg">' in markup


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    """A page that may load nothing foreign and run nothing inline gives an attacker no handle."""
    directives: dict[str, list[str]] = {}
    for directive in HEADERS["Content-Security-Policy"].split(";"):
        name, *sources = directive.split()
        directives[name] = sources
    assert directives["default-src"] == ["'none'"]
    for name in ("script-src", "style-src", "connect-src", "worker-src"):
        assert directives[name] == ["'self'"], name
    for name in ("form-action", "frame-ancestors", "base-uri"):
        assert directives[name] == ["'none'"], name
    allowed = {source for sources in directives.values() for source in sources}
    assert allowed == {"'none'", "'self'", "data:", "blob:"}
    assert HEADERS["Referrer-Policy"] == "no-referrer"
    assert "microphone=(self)" in HEADERS["Permissions-Policy"]
    assert HEADERS["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_worker_keeps_the_policy_of_the_page() -> None:
    """A Worker's policy comes with its own script: without one it could talk to any host."""
    assert ASSET_HEADERS["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_assets_are_asked_for_once_and_the_page_each_time(built: Path) -> None:
    """A second visit costs one request; a new release is seen at once."""
    assert served(built, "").headers["Cache-Control"] == "no-cache"
    cached = served(built, "assets/worker-5e6f.js").headers["Cache-Control"]
    assert "immutable" in cached
    assert "private" in cached


def test_what_has_no_hash_in_its_name_is_asked_for_again(built: Path) -> None:
    """Licences of the last release must not be shown for a year beside the code of the next."""
    licences = served(built, "licences.txt")
    assert licences.kind == "text/plain; charset=utf-8"
    assert licences.headers["Cache-Control"] == "private, max-age=86400"


def test_files_are_packed_where_that_helps(built: Path) -> None:
    """Where networks are slow, the first visit must be short."""
    script = served(built, "assets/index-1a2b.js")
    assert script.kind == "text/javascript; charset=utf-8"
    assert script.packed is not None
    assert len(script.packed) < len(SCRIPT)
    assert gzip.decompress(script.packed) == SCRIPT
    assert served(built, "assets/index-3c4d.css").packed is None, "a few bytes only grow"


@pytest.mark.parametrize("path", ["../secret", "assets", "assets/", "assets/../index.html", "."])
def test_only_files_of_the_page_are_given(built: Path, path: str) -> None:
    """A home serves names that it knew at its start: no path can lead out of the folder."""
    (built.parent / "secret").write_bytes(b"secret")
    assert load_page(built, DOOR).file(path) is None


def test_folders_that_are_no_page_are_refused(built: Path, tmp_path: Path) -> None:
    """A typing error must end the start, not serve somebody's home directory."""
    with pytest.raises(ConfigError, match="no built page"):
        load_page(tmp_path, DOOR)
    (built / "assets" / "index-1a2b.js").unlink()
    with pytest.raises(ConfigError, match=r"names assets/index-1a2b\.js"):
        load_page(built, DOOR)
    for number in range(FILES_MOST):
        (built / f"{number}.txt").write_bytes(b"")
    with pytest.raises(ConfigError, match="more than a page"):
        load_page(built, DOOR)


@pytest.mark.calls
def test_the_page_is_behind_the_door_only(built: Path, tmp_path: Path) -> None:
    """A prober who knows the names of our files must find none of them outside the door."""

    async def scene(home: HomeProcess) -> None:
        door = home.link.door
        page = await get(home, f"/{door}")
        assert page == await get(home, f"/{door}/")
        assert f'src="/{door}/assets/index-1a2b.js"'.encode() in page
        assert b"Content-Security-Policy: default-src 'none'" in page
        script = await get(home, f"/{door}/assets/index-1a2b.js")
        assert script.endswith(b"\r\n\r\n" + SCRIPT)
        packed = await get(
            home, f"/{door}/assets/index-1a2b.js",
            "Accept-Encoding: gzip, br\r\nConnection: close",
        )  # fmt: skip
        assert b"Content-Encoding: gzip\r\n" in packed
        assert gzip.decompress(packed.split(b"\r\n\r\n", 1)[1]) == SCRIPT
        plain = await get(home, "/nothing-here")
        for path in (
            "/assets/index-1a2b.js", "/icon.svg",
            f"/{door}/assets/nothing.js", f"/{door}/assets/", f"/{door}/assets/%2e%2e/index.html",
            f"/{door[:-1]}/assets/index-1a2b.js",
        ):  # fmt: skip
            assert await get(home, path) == plain, path

    home = play(tmp_path, scene, f"--set=page={built}")
    assert "event=bug" not in home.log


@pytest.mark.calls
def test_a_wrong_folder_ends_the_start(tmp_path: Path) -> None:
    """Better no home than one that silently serves something else."""

    async def start() -> None:
        async with running_home(tmp_path / "home", f"--set=page={tmp_path}"):
            pass

    with pytest.raises(AssertionError, match="no built page"):
        asyncio.run(start())
