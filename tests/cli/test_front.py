"""The settings of a front, and what it says of a link or a line that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hamseda.cli.front import front_settings
from hamseda.cli.main import build_parser, main
from hamseda.serve.config import Settings
from hamseda.wire import base64url

HOME = f"https://home.example/a-door-of-a-home#h={base64url.encode(bytes(32))}"


def settings(options: str) -> Settings:
    """Read a command line of a front."""
    return front_settings(build_parser().parse_args(["front", "--home", HOME, *options.split()]))


def test_a_front_is_for_the_whole_network_unless_told_otherwise() -> None:
    """A volunteer types one command; it must be the right one."""
    plain = settings("")
    assert (plain.host, plain.port, plain.tls) == ("0.0.0.0", 443, ("self-signed",))
    assert (plain.public, plain.site) == ((), "")


def test_a_flag_that_was_not_given_hides_no_assignment(tmp_path: Path) -> None:
    """Else a front tells people an address that leads nowhere, and says nothing about it."""
    assigned = settings(
        "--set host=::1 --set port=8443 --set tls=cert.pem,key.pem"
        f" --set public=https://a.example,https://b.example --set site={tmp_path}"
    )
    assert (assigned.host, assigned.port) == ("::1", 8443)
    assert assigned.tls == ("cert.pem", "key.pem")
    assert assigned.public == ("https://a.example", "https://b.example")
    assert assigned.site == str(tmp_path)


def test_a_flag_wins_over_an_assignment() -> None:
    """As with a home."""
    both = settings("--set port=1 --set tls=a,b --port 2 --tls none --public https://a.example")
    assert (both.port, both.tls, both.public) == (2, (), ("https://a.example",))


@pytest.mark.parametrize("option", ["--tls none", "--set tls=none"])
def test_none_is_no_tls_however_it_is_said(option: str) -> None:
    """A web server in front has the certificate: one word for that, as a flag and as a setting."""
    assert settings(f"{option} --public https://a.example").tls == ()


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("nonsense", "not a link"),
        ("http://localhost:8080", "not the link of a home"),
        (f"https://home.example/a-door-of-a-home#{base64url.encode(bytes(32))}", "invitation"),
    ],
)
def test_what_leads_to_no_home_is_said(
    link: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who copied the wrong link must read which one it is."""
    assert main(["front", "--home", link, "--data", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "next: " in said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "not the line of a front"),
        (f"https://front.example/short#front={base64url.encode(bytes(32))}", "not a door"),
        (f"https://a..b/a-door-of-a-front#front={base64url.encode(bytes(32))}", "not a host name"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(
    line: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An operator who typed it by hand finds the slip sooner."""
    assert main(["admit", line, "--data", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "next: " in said
