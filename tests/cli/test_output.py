"""What a machine reads has exactly the agreed names; what a person reads is a sentence."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from hamseda.cli.output import EXIT_STATUS, Output
from hamseda.client.events import (
    Accepted,
    Answered,
    Connected,
    Ended,
    EndpointsOffered,
    Event,
    InvitationMade,
    Missed,
    Notice,
    PathChanged,
    Problem,
    Quality,
    Ready,
    Recovered,
    Refused,
    RemoteMoved,
    Ringing,
    Sas,
    TlsIntercepted,
    Trouble,
)
from hamseda.errors import RefusedError
from hamseda.protocol.call_events import EndReason

EVENTS: dict[str, Event] = {
    "invitation link expires": InvitationMade("https://home.example/door#hash", 2_000_000_000),
    "accepted contact": Accepted("bahar"),
    "refused reason": Refused("used"),
    "ready home": Ready("https://home.example:443"),
    "ringing contact direction": Ringing("bahar", "out"),
    "answered": Answered(),
    "connected path setup_ms": Connected("line", 120),
    "sas emoji names": Sas(("🐘",) * 5, ("elephant",) * 5),
    "quality frames_expected frames_on_time frames_late frames_lost buffer_ms rtt_ms mode "
    "remote_on_time": Quality(50, 49, 1, 0, 60, None, "standard", None),
    "path path endpoint why": PathChanged("line", 0, "line_reopened"),
    "remote_moved": RemoteMoved(),
    "trouble silent_ms": Trouble(500),
    "recovered silent_ms": Recovered(900),
    "missed contact age_s": Missed("bahar", 90),
    "tls_intercepted home": TlsIntercepted("https://home.example:443"),
    "endpoints_offered contact home text": EndpointsOffered(
        "bahar", "https://home.example:443", "hamseda:endpoints:AAAA"
    ),
    "notice notice contact words next": Notice("replaced", "bahar", "it happened", "do this"),
    "ended reason duration_s": Ended("hangup", 1.5),
    "error error next": Problem("something is wrong", "do this"),
}
"""Name and fields as agreed with those who read them; the documentation is made of these."""


def test_every_event_is_listed_here() -> None:
    """A new event needs agreed names before it is printed."""
    assert {type(event) for event in EVENTS.values()} == set(get_args(Event))


@pytest.mark.parametrize("agreed", EVENTS)
def test_json_has_exactly_the_agreed_fields(
    agreed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scripts read these names: none is missing, none too many, one object a line."""
    output = Output(as_json=True)
    output.event(EVENTS[agreed])
    output.line("this is for people only")
    out, err = capsys.readouterr()
    (line,) = out.splitlines()
    name, *fields = agreed.split()
    read = json.loads(line)
    assert list(read)[:2] == ["event", "t"]
    assert read["event"] == name
    assert set(read) == {"event", "t", *fields}
    assert read["t"] >= 0
    assert err == ""


def test_the_five_words_are_lists_of_five(capsys: pytest.CaptureFixture[str]) -> None:
    """Both sides' words are compared by machines too."""
    Output(as_json=True).event(EVENTS["sas emoji names"])
    read = json.loads(capsys.readouterr().out)
    assert len(read["emoji"]) == len(read["names"]) == 5


@pytest.mark.parametrize("agreed", [agreed for agreed in EVENTS if "quality" not in agreed])
def test_people_read_sentences(agreed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No braces and no field names on a person's screen."""
    Output(as_json=False).event(EVENTS[agreed])
    out = capsys.readouterr().out
    assert out.strip()
    assert "{" not in out
    assert "silent_ms" not in out


@pytest.mark.parametrize("reason", EndReason)
def test_every_end_has_words_and_an_exit_status(
    reason: EndReason, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script and a person both learn why a call ended."""
    assert EXIT_STATUS[reason] in (0, 1, 3, 4, 5, 6)
    Output(as_json=False).event(Ended(reason, 0.0))
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    ("reasons", "status"),
    [
        ("hangup remote_hangup cancelled", 0),
        ("declined busy", 3),
        ("away no_answer full", 4),
        ("lost unreachable", 5),
        ("alarm altered out_of_step", 6),
        ("answered_elsewhere failed", 1),
    ],
)
def test_exit_statuses_are_the_agreed_ones(reasons: str, status: int) -> None:
    """The table of spec/failures.md."""
    assert {EXIT_STATUS[EndReason(reason)] for reason in reasons.split()} == {status}


@pytest.mark.parametrize("as_json", [True, False])
def test_a_failure_names_the_next_step(
    as_json: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An error without a next step leaves a person alone."""
    Output(as_json=as_json).failure(RefusedError("no", next="ask again"))
    out, err = capsys.readouterr()
    if as_json:
        read = json.loads(out)
        assert (read["event"], read["error"], read["next"]) == ("error", "no", "ask again")
        assert err == ""
    else:
        assert out == ""
        assert "ask again" in err


@pytest.mark.parametrize(
    ("age_s", "words"),
    [(5, "5 seconds"), (600, "10 minutes"), (7200, "2 hours"), (400_000, "4 days")],
)
def test_ages_are_said_as_people_say_them(
    age_s: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody counts 400000 seconds."""
    Output(as_json=False).event(Missed("bahar", age_s))
    assert words in capsys.readouterr().out
