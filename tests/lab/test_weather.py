"""What goes wrong every day is called by its name, and nobody hears that he is blocked."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hamseda_lab.cell import Control, Order, Result, run_cell
from hamseda_lab.cli import main
from hamseda_lab.errors import LabError
from hamseda_lab.events import Telling
from hamseda_lab.page import matrix_page
from hamseda_lab.profiles import load_profile
from hamseda_lab.systems import HOME_ONLY
from hamseda_lab.systems.hamseda import outcome_of
from hamseda_lab.systems.hamseda_web import words_of_trouble
from hamseda_lab.weather import WEATHERS, cries
from tests.lab.test_matrix import BAD, Lab
from tests.lab.traffic import RESOLVER, SERVER, Border, Connection, Datagrams, dns_question

PORTAL = load_profile(WEATHERS["captive-portal"].profile)
controls: dict[str, Control] = {}


@pytest.mark.parametrize(
    ("name", "said", "fits"),
    [
        ("loss-5", (), True),
        ("loss-5", ("it is likely that somebody blocks it on this network",), False),
        ("home-down", ("the home cannot be reached (connection_refused)",), True),
        ("home-down", ("it is likely that this network cuts connections abroad",), False),
        ("home-down", (), False),
        ("captive-portal", ("it is likely that this network wants you to log in first",), True),
        ("captive-portal", ("there is a web server, but no home at this link",), False),
        ("wrong-clock", ("this device's clock looks wrong; calls work all the same",), True),
        ("wrong-clock", (), False),
        ("expired-certificate", (), True),
        ("expired-certificate", ("somebody in between opens what is encrypted",), False),
    ],
)
def test_only_the_right_words_fit(name: str, said: Sequence[str], fits: bool) -> None:
    """Who is told of a censor in a hotel believes no warning later."""
    weather = WEATHERS[name]
    assert weather.fits(said, connected=weather.connects) is fits


def test_a_page_need_not_know_what_its_browser_keeps_from_it() -> None:
    """It says that the server was not reached, and must not guess more."""
    said = ("The server could not be reached.",)
    assert WEATHERS["captive-portal"].fits(said, connected=False, is_page=True)
    assert not WEATHERS["captive-portal"].fits(said, connected=False)
    assert cries(["Calls are blocked here."])


@pytest.mark.parametrize("name", [name for name, each in WEATHERS.items() if each.connects])
def test_silence_is_no_answer_to_a_call_that_failed(name: str) -> None:
    """A call that a bad link killed without a word once stood in the table as one that fits."""
    said = ("this device's clock looks wrong",) if name == "wrong-clock" else ()
    assert WEATHERS[name].fits(said, connected=True)
    assert not WEATHERS[name].fits(said, connected=False)


def test_a_terminal_that_tells_of_interception_tells_of_somebody_in_between(tmp_path: Path) -> None:
    """It says so by an event of its own, which the lab once passed over."""
    sides = [saying(tmp_path, *events) for events in (['{"event": "tls_intercepted"}'], [])]
    said = outcome_of(sides, None).said
    assert cries(said)
    assert not WEATHERS["expired-certificate"].fits(said, connected=True)


def saying(folder: Path, *lines: str) -> Telling:
    """Give a program that said this and ended."""
    command = ["printf", "%s\\n", *lines]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with Telling(process, folder / "errors") as telling:
        assert telling.wait(10.0)
    return telling


@pytest.mark.parametrize(
    ("screen", "is_talking", "is_told"),
    [
        ("callee 00:12 Good sound Microphone On End call", True, False),
        ("callee 00:12 Calls are blocked here. End call", True, True),
        ("Call ended The server could not be reached.", False, True),
    ],
)
def test_a_page_that_cries_is_heard_beside_a_call_that_goes_on(
    screen: str, is_talking: bool, is_told: bool
) -> None:
    """A screen says much that is no trouble; what it says of a censor counts in every call."""
    said = words_of_trouble(screen, is_talking=is_talking)
    assert said == ((screen,) if is_told else ())


def test_a_portal_answers_for_every_name_and_lets_nothing_else_pass() -> None:
    """Hotels do that, until somebody logs in."""
    border = Border(PORTAL)
    verdict = border.see(Datagrams(53, server=RESOLVER).say(dns_question("home.example")))
    assert not verdict.passes
    (false,) = verdict.injected
    assert false.endswith(bytes(map(int, RESOLVER.split("."))))
    assert border.passing(Connection(443, server=RESOLVER).open()) == [True] * 3
    assert border.passing(Connection(443, server=SERVER).open()) == [False] * 3
    assert not border.passes(Datagrams(53, server=RESOLVER).say(b"no question"))
    assert not border.passes(Datagrams(443, server=SERVER).say(b"anything"))


def test_a_wrong_clock_is_that_of_one_program(tmp_path: Path) -> None:
    """The machine's own stays, and so do seconds that are counted."""
    tmp_path.joinpath("telling.py").write_text(
        "import sys, time\nprint(time.time(), time.monotonic(), *sys.argv[1:])\n", encoding="utf-8"
    )
    told = subprocess.run(
        [sys.executable, "-m", "hamseda_lab.wrong_clock", "86400", "telling", "a word"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    wrong, counted, *words = told.split()
    assert float(wrong) - time.time() > 80_000
    assert float(counted) < time.monotonic()
    assert words == ["a", "word"]


def test_the_page_shows_them_apart_from_what_blocks() -> None:
    """They count neither for nor against a system that gets through."""
    lab = Lab(BAD)
    results = [
        lab.run(Order(system="hamseda", profile=profile, weather=weather), Path(), None)[0]
        for profile, weather in (("P00", "good"), ("P00", "home-down"), ("P00", "far"))
    ]
    results[1]["fits"] = False
    page = matrix_page(results)
    head, _, tail = page.partition("## What is no censor")
    assert "1 calls" in head
    assert "far" not in head
    assert tail.index("`far`: 300 ms") < tail.index("`home-down`")
    assert "**no**" in tail
    assert "`far`: 300 ms" in matrix_page(results[2:])


def test_a_long_text_is_cut_between_letters() -> None:
    """Half of what stands for a letter is a letter that nobody wrote."""
    lab = Lab(replace(BAD, said=(159 * "x" + "|y",)))
    order = Order(system="hamseda", profile="P00", weather="home-down")
    assert 159 * "x" + "\\| |" in matrix_page([lab.run(order, Path(), None)[0]])


def test_each_table_says_which_calls_it_is_made_of() -> None:
    """A day of bad weather is no day of the matrix."""
    lab = Lab(BAD)
    results = [
        {**lab.run(Order(system="hamseda", profile="P00", weather=weather), Path(), None)[0]}
        for weather in ("good", "far", "loss-2")
    ]
    for result in results[1:]:
        result["commit"] = "def"
    head, _, tail = matrix_page(results).partition("## What is no censor")
    assert "1 calls" in head
    assert "2 calls" in tail.partition("| trouble |")[0]
    assert "`def`" not in head
    assert "`def`" in tail


def wrong(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """Give what is said of a matrix that is wrong, of which all is done already."""
    path = folder / "m.jsonl"
    options = ["--systems", "mumble", "--profiles", "P01", *more]
    done = {
        "system": options[1],
        "profile": options[3],
        "placement": "inside-outside",
        "seed": 1,
        "switch_at": None,
        "weather": options[5],
    }
    path.write_text(json.dumps(done) + "\n", encoding="utf-8")
    assert main(["matrix", *options, "--json", str(path)]) == 1
    return capsys.readouterr().err


def test_a_portal_stands_in_no_network_that_blocks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was asked for as P01 once ran without P01 and was written down as the portal's."""
    said = wrong(tmp_path, capsys, "--weather", "captive-portal")
    assert "captive-portal" in said
    assert "P00" in said


def test_a_trouble_that_a_system_cannot_have_is_said_before_it_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Setting it up takes a minute, and a matrix of hours must not end with it."""
    said = wrong(tmp_path, capsys, "--weather", "wrong-clock")
    assert "mumble" in said
    assert "wrong-clock" in said
    order = Order(system="mumble", profile="P00", weather="wrong-clock")
    with pytest.raises(LabError, match="mumble"):
        run_cell(order, tmp_path / "touched.jsonl")


def cell(weather: str, folder: Path) -> Result:
    """Run a cell; the first one's control stands beside the others."""
    order = Order(system=HOME_ONLY, profile="P00", weather=weather)
    known = controls.get(HOME_ONLY)
    result, controls[HOME_ONLY] = run_cell(order, folder / "touched.jsonl", known)
    return result


@pytest.mark.lab
@pytest.mark.timeout(240)
@pytest.mark.parametrize("weather", ["home-down", "captive-portal"])
def test_a_caller_hears_what_is_wrong(tmp_path: Path, weather: str) -> None:
    """Two of four, as `make lab` has them all."""
    result = cell(weather, tmp_path)
    assert result["connected"] is False
    assert result["fits"], result["said"]
