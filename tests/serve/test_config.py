"""Settings: typed, closed, with a word of help when one is wrong."""

from pathlib import Path

import pytest

from hamseda.errors import ConfigError
from hamseda.serve.config import Settings, given, parse_assignment, read_settings


def written(path: Path, text: str) -> Path:
    """Write a settings file."""
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_gives_the_defaults() -> None:
    """A home must run without anybody reading a manual."""
    assert read_settings(None) == Settings()


def test_file_then_command_line(tmp_path: Path) -> None:
    """What is typed wins over what is written, and both over the defaults."""
    path = written(tmp_path / "home.toml", 'port = 9000\nidle_seconds = 60\ntls = "self-signed"\n')
    settings = read_settings(path, {"port": 9001, "host": None})
    assert (settings.port, settings.idle_seconds, settings.host) == (9001, 60, "localhost")
    assert settings.tls == ("self-signed",)


def test_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    """A typing error in a limit must not silently leave the limit off."""
    path = written(tmp_path / "home.toml", "lines_per_prefx = 3\n")
    with pytest.raises(ConfigError, match="unknown setting 'lines_per_prefx'") as raised:
        read_settings(path)
    assert raised.value.next == "did you mean 'lines_per_prefix'?"
    assert raised.value.exit_status == 2


@pytest.mark.parametrize(
    "line",
    [
        "port = true",
        'port = "8080"',
        "port = 8080.0",
        "port = 70000",
        "port = -1",
        "vouchers_only = 1",
        "host = 1",
        "public = [1]",
        "public = 3",
        'log = "xml"',
        'tls = ["a", "b", "c"]',
        'site = "/nowhere/at/all"',
        "[limits]\nport = 3",
        "port = ",
    ],
)
def test_wrong_values_are_refused(tmp_path: Path, line: str) -> None:
    """A value of another type or out of range is a mistake, not a wish."""
    with pytest.raises(ConfigError):
        read_settings(written(tmp_path / "home.toml", line))


def test_missing_file_is_named() -> None:
    """A mistyped file name must not start a home with other limits."""
    with pytest.raises(ConfigError, match=r"missing\.toml"):
        read_settings(Path("missing.toml"))


def test_settings_from_a_command_line() -> None:
    """Every setting can be given as name=value, in its own type."""
    assert parse_assignment("room_kbit=300") == ("room_kbit", 300)
    assert parse_assignment("vouchers_only=true") == ("vouchers_only", True)
    assert parse_assignment("site=/srv") == ("site", "/srv")
    assert parse_assignment("public=https://a, https://b") == (
        "public",
        ("https://a", "https://b"),
    )
    for wrong in ("room_kbit", "room_kbit=fast", "vouchers_only=1", "rom_kbit=3"):
        with pytest.raises(ConfigError):
            parse_assignment(wrong)


def test_a_flag_wins_over_an_assignment_where_it_was_given() -> None:
    """A home and a front read their command lines by one rule."""
    flags = {"port": 2, "host": None, "site": "/srv"}
    assert given(["port=1", "host=::1"], flags) == {"port": 2, "host": "::1", "site": "/srv"}
    with pytest.raises(ConfigError):
        given(["port"], {})
