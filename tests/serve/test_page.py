"""The built page as a home serves it: under the door, from memory, with nothing from elsewhere."""

import asyncio
import gzip
import hashlib
import re
from base64 import b64encode
from pathlib import Path

import pytest

from hamseda.errors import ConfigError
from hamseda.serve.page import FILES_MOST, Page, PageFile, load_page, policy
from hamseda.wire.descriptor import Endpoint
from tests.serve.home_process import HomeProcess, running_home
from tests.serve.test_door import get, play

DOOR = "hAAAAAAAAAAAAAAAAAAAAAA"
SCRIPT = b"console.log('a line that is longer than its packed form');\n" * 40
STYLE = b"body{margin:0}"
KEEPER = b'const build="@files@",reach="@reach@"'
MARKUP = """<!doctype html>
<html><head>
<meta name="build" content="0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" />
<meta name="reach" content="@reach@" />
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
    (folder / "sw.js").write_bytes(KEEPER)
    (folder / "hamseda.html").write_bytes(b"<!doctype html>")
    (folder / "manifest.webmanifest").write_text('{"start_url": "./", "scope": "./"}', "utf-8")
    (folder / "assets" / "index-1a2b.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-3c4d.css").write_bytes(STYLE)
    (folder / "assets" / "worker-5e6f.js").write_bytes(SCRIPT)
    return folder


def way(host: str, port: int = 443, *, web: bool = True, tls_name: str = "") -> Endpoint:
    """Give one way to a home."""
    return Endpoint("https", host, port, tls_name, DOOR, web)


HOME = (way("home.example"),)


def allowed(folder: Path, endpoints: tuple[Endpoint, ...] = HOME) -> Page:
    """Load a page that may talk to these ways."""
    page = load_page(folder, DOOR)
    page.allow(endpoints)
    return page


def served(folder: Path, path: str) -> PageFile:
    """Load a page and give one of its files."""
    file = allowed(folder).file(path)
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


def directives(file: PageFile) -> dict[str, list[str]]:
    """Read the policy that comes with a file."""
    found: dict[str, list[str]] = {}
    for directive in file.headers["Content-Security-Policy"].split(";"):
        name, *sources = directive.split()
        found[name] = sources
    return found


def test_the_policy_lets_nothing_in_from_elsewhere(built: Path) -> None:
    """A page that may load nothing foreign and run nothing inline gives an attacker no handle."""
    page = served(built, "")
    found = directives(page)
    assert found["default-src"] == ["'none'"]
    for name in ("script-src", "style-src", "worker-src"):
        assert found[name] == ["'self'"], name
    for name in ("form-action", "frame-ancestors", "base-uri"):
        assert found[name] == ["'none'"], name
    assert found["connect-src"] == [
        "'self'", "https://home.example:443", "wss://home.example:443"
    ]  # fmt: skip
    del found["connect-src"]
    allowed = {source for sources in found.values() for source in sources}
    assert allowed == {"'none'", "'self'", "data:", "blob:"}
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "microphone=(self)" in page.headers["Permissions-Policy"]
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_page_may_talk_to_each_way_that_a_browser_can_use() -> None:
    """When the page's own address is blocked, its policy must not be what blocks the others."""
    ways = (
        way("a.example", 8443), way("front.example"), way("b.example", web=False),
        way("192.0.2.1", tls_name="c.example"), way("2001:db8::1"),
    )  # fmt: skip
    (connect,) = (part for part in policy(ways).split(";") if "connect-src" in part)
    assert connect.split() == [
        "connect-src", "'self'", "https://a.example:8443", "wss://a.example:8443",
        "https://front.example:443", "wss://front.example:443",
    ]  # fmt: skip


def test_a_worker_keeps_the_policy_of_the_page(built: Path) -> None:
    """A Worker's policy comes with its own script: without one it could talk to any host."""
    worker = served(built, "assets/worker-5e6f.js")
    assert directives(worker) == directives(served(built, ""))


def test_a_new_way_changes_what_the_page_and_its_keeper_ask_for(built: Path) -> None:
    """A browser keeps a Worker's script for a year, with the policy that came with it."""
    page = allowed(built)
    names = ("", "sw.js")
    before = [page.file(name) for name in names]
    page.allow((*HOME, way("front.example")))
    after = [page.file(name) for name in names]
    for old, fresh in zip(before, after, strict=True):
        assert old is not None
        assert fresh is not None
        assert old.body != fresh.body
        assert b"@reach@" not in fresh.body
        assert "wss://front.example:443" in fresh.headers["Content-Security-Policy"]


def test_what_makes_the_page_installable_names_the_door(built: Path) -> None:
    """The page lives at the door without a slash: both files must say so to the browser."""
    manifest = served(built, "manifest.webmanifest")
    assert manifest.kind == "application/manifest+json"
    assert manifest.body.decode() == f'{{"start_url": "/{DOOR}", "scope": "/{DOOR}"}}'
    keeper = served(built, "sw.js")
    assert keeper.headers["Service-Worker-Allowed"] == f"/{DOOR}"
    assert keeper.headers["Cache-Control"] == "no-cache"


def test_the_single_file_is_for_the_disk(built: Path) -> None:
    """Opened here it would be another page without its keys; its hash is what people compare."""
    single = served(built, "hamseda.html")
    assert single.headers["Content-Disposition"] == 'attachment; filename="hamseda.html"'
    page = load_page(built, DOOR)
    assert page.single_file_hash == hashlib.sha256(b"<!doctype html>").hexdigest()
    assert page.build is not None
    assert page.build.hex().startswith("0123456789abcdef")


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


def test_a_new_way_packs_nothing_large_again(built: Path) -> None:
    """The home relays calls meanwhile, and packing the page takes longer than a frame lasts."""
    page = allowed(built)
    before = page.file("assets/index-1a2b.js")
    page.allow((*HOME, way("front.example")))
    after = page.file("assets/index-1a2b.js")
    assert before is not None
    assert after is not None
    assert before.packed is not None
    assert after.packed is before.packed


@pytest.mark.parametrize("path", ["../secret", "assets", "assets/", "assets/../index.html", "."])
def test_only_files_of_the_page_are_given(built: Path, path: str) -> None:
    """A home serves names that it knew at its start: no path can lead out of the folder."""
    (built.parent / "secret").write_bytes(b"secret")
    assert allowed(built).file(path) is None


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
        # A page from a file, or of another endpoint, asks too; nothing depends on who asks.
        assert b"Access-Control-Allow-Origin: *\r\n" in await get(home, f"/{door}/home")
        plain = await get(home, "/nothing-here")
        assert b"Access-Control" not in plain
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
