"""The line that a front prints and a home takes in."""

import pytest

from hamseda.errors import WireError
from hamseda.wire import base64url
from hamseda.wire.admission import Admission, parse_admission_untrusted
from hamseda.wire.descriptor import Endpoint

DOOR = "hAb-_012345"
KEY = bytes(range(32))
TEXT = base64url.encode(KEY)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (
            f"https://front.example/{DOOR}#front={TEXT}&web",
            Endpoint("https", "front.example", 443, "", DOOR, web=True),
        ),
        (
            f"https://203.0.113.5:8443/{DOOR}#front={TEXT}",
            Endpoint("https", "203.0.113.5", 8443, "", DOOR, web=False),
        ),
        (
            f"https://[2001:db8::5]/{DOOR}#front={TEXT}&tls=www.example.org",
            Endpoint("https", "2001:db8::5", 443, "www.example.org", DOOR, web=False),
        ),
        (
            f"http://localhost:8080/{DOOR}#front={TEXT}",
            Endpoint("http", "localhost", 8080, "", DOOR, web=False),
        ),
    ],
)
def test_a_line_reads_back_the_same(text: str, end: Endpoint) -> None:
    """What a front prints is what a home admits, and what it lists again."""
    admission = parse_admission_untrusted(text)
    assert admission == Admission(end, KEY)
    assert str(admission) == text
    assert parse_admission_untrusted(f"  {text}\n") == admission


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"https://front.example/{DOOR}",
        f"https://front.example/{DOOR}#front={TEXT[:-1]}",
        f"https://front.example/{DOOR}#front={TEXT}x",
        f"https://front.example/{DOOR}#h={TEXT}",
        f"https://front.example/short#front={TEXT}",
        f"https://front.example:99999/{DOOR}#front={TEXT}",
        f"https://front.example:0/{DOOR}#front={TEXT}",
        f"http://front.example/{DOOR}#front={TEXT}",
        f"ftp://front.example/{DOOR}#front={TEXT}",
        f"https://user@front.example/{DOOR}#front={TEXT}",
        f"https://front.example/{DOOR}/line#front={TEXT}",
        f"https://front.example/{DOOR}#front={TEXT}&tls=",
        f"https://front.example/{DOOR}#front={TEXT}&tls=-bad",
        f"https://[front.example]/{DOOR}#front={TEXT}",
        f"https://[2001:db8::zz]/{DOOR}#front={TEXT}",
        f"https://front.example/{DOOR}#front={TEXT}\nhttps://evil.example/{DOOR}#front={TEXT}",
        "https://" + "a" * 600 + f"/{DOOR}#front={TEXT}",
    ],
)
def test_what_is_no_such_line_is_refused(text: str) -> None:
    """An operator who pastes half a line must not open a door to somebody else."""
    with pytest.raises(WireError):
        parse_admission_untrusted(text)
