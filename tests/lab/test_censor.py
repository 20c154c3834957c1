"""The border: what crosses it, what is written down, and who may stand at it."""

import io
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda_lab.brief import Brief, Prefixes, is_listed
from hamseda_lab.censor import Censor, log_into
from hamseda_lab.errors import LabError
from hamseda_lab.profiles import known_profiles, load_profile
from hamseda_lab.report import networks_page
from hamseda_lab.state import Blocks, Memory, Policer
from tests.lab.traffic import CLIENT, PROFILES, SERVER, Border, Connection, Datagrams

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-network-to-the-lab.md"


def test_all_networks_of_the_list_are_there() -> None:
    """The matrix is made of them."""
    assert list(PROFILES) == [f"P{number:02}" for number in range(24)]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_says_where_it_comes_from(profile: str) -> None:
    """Field reports are short-lived, and some rules are our own: a reader must see it."""
    about = PROFILES[profile].about
    assert about.rule
    assert about.source
    assert about.as_of
    assert about.confidence in "VFMD"
    assert PROFILES[profile].__module__.endswith(
        f"{about.id}_{about.name}".lower().replace("-", "_")
    )


def test_the_page_of_networks_is_what_the_profiles_say() -> None:
    """A reader must see what was imitated: `hamseda-lab profiles --markdown`."""
    page = GUIDE.parents[1] / "reference" / "networks.md"
    assert page.read_text(encoding="utf-8") == networks_page()


def test_a_profile_may_lie_anywhere(tmp_path: Path) -> None:
    """Anyone can add their network without touching the lab: this is the guide's example."""
    example = GUIDE.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    path = tmp_path / "mine.py"
    path.write_text(example, encoding="utf-8")
    border = Border(load_profile(str(path)))
    assert not any(border.passing(Connection(23).open()))
    assert all(border.passing(Connection(24).open()))


def test_what_is_no_profile_is_told_so(tmp_path: Path) -> None:
    """The message names what there is."""
    with pytest.raises(LabError, match="P00, P01"):
        load_profile("P99")
    with pytest.raises(LabError, match=r"mine\.py"):
        load_profile(str(tmp_path / "mine.py"))
    (tmp_path / "empty.py").write_text('"""Nothing."""\n', encoding="utf-8")
    with pytest.raises(LabError, match="PROFILE"):
        load_profile(str(tmp_path / "empty.py"))


def test_only_what_crosses_the_border_is_judged() -> None:
    """Two neighbours, and two foreigners, are none of its business."""
    border = Border("P01")
    neighbours = Datagrams(9, server="10.77.1.3")
    foreigners = Datagrams(9, client="10.77.3.2")
    assert border.passing([neighbours.say(b"x"), foreigners.say(b"x")]) == [True, True]
    assert not border.passes(Datagrams(9).say(b"x"))


def test_all_that_is_touched_is_written_down() -> None:
    """Without the ground truth a red cell proves nothing about its cause."""
    file = io.StringIO()
    brief = Brief(inside=(CLIENT,))
    censor = Censor(PROFILES["P01"], brief, 1, log_into(file))
    censor.judge_bytes(Datagrams(9).say(b"hello"), 2.5)
    (line,) = file.getvalue().splitlines()
    assert json.loads(line) == {
        "at": 2.5,
        "profile": "P01",
        "action": "drop",
        "why": "UDP",
        "protocol": "udp",
        "source": CLIENT,
        "source_port": 50_000,
        "destination": SERVER,
        "destination_port": 9,
        "size": 33,
        "injected": 0,
    }
    assert censor.touched == 1


def test_a_brief_survives_its_journey() -> None:
    """It is written on one process and read in another, and in a result."""
    brief = Brief(
        inside=("10.77.1.0/24",),
        proxy=("10.77.8.2", 3128),
        listed_names=frozenset({"b", "a"}),
        signalling_ports=frozenset({443}),
        residual_factor=0.5,
    )
    assert Brief.from_json(json.loads(json.dumps(brief.to_json()))) == brief


def test_names_below_a_listed_one_are_listed() -> None:
    """As on real lists; a name that only ends alike is not."""
    names = frozenset({"blocked.example"})
    assert is_listed("blocked.example", names)
    assert is_listed("a.b.Blocked.example.", names)
    assert not is_listed("unblocked.example", names)
    assert not is_listed(None, names)


def test_prefixes_hold_their_addresses() -> None:
    """One address is a prefix too."""
    prefixes = Prefixes(("10.1.0.0/16", "10.2.3.4"))
    assert "10.1.255.1" in prefixes
    assert "10.2.3.4" in prefixes
    assert "10.2.3.5" not in prefixes


# State


def test_memory_forgets_what_is_idle() -> None:
    """Until then each look begins the time anew."""
    memory: Memory[str, list[int]] = Memory(10.0, list)
    memory.of("a", 0.0).append(1)
    memory.of("a", 9.0).append(2)
    assert memory.of("a", 18.9) == [1, 2]
    assert memory.of("a", 28.9) == []


def test_blocks_end() -> None:
    """And may be begun anew."""
    blocks: Blocks[str] = Blocks(10.0)
    blocks.add("a", 0.0)
    assert blocks.holds("a", 9.9)
    assert not blocks.holds("a", 10.0)
    assert not blocks.holds("b", 0.0)
    blocks.add("a", 9.0)
    assert blocks.holds("a", 18.9)


def test_a_policer_lets_a_burst_and_then_its_rate_pass() -> None:
    """16 kbit/s are 2,000 bytes a second."""
    policer = Policer(16, 1000)
    assert policer.lets_pass(1000, 0.0)
    assert not policer.lets_pass(1, 0.0)
    assert not policer.lets_pass(201, 0.1)
    assert policer.lets_pass(200, 0.1)
    assert policer.lets_pass(1000, 100.0)
    assert not policer.lets_pass(1, 100.0)


NOISY_BRIEF = Brief(
    inside=(CLIENT,),
    proxy=(SERVER, 1),
    listed_names=frozenset({"blocked.example"}),
    hosting=(SERVER,),
    relays=(SERVER,),
)


@given(st.lists(st.tuples(st.binary(max_size=120), st.booleans(), st.booleans()), max_size=12))
def test_no_profile_dies_of_noise(noise: list[tuple[bytes, bool, bool]]) -> None:
    """A middlebox that dies of a packet takes every measurement with it."""
    for kind in known_profiles().values():
        censor = Censor(kind, NOISY_BRIEF, 1, lambda _touch: None)
        connection, talk = Connection(), Datagrams(443)
        for number, (payload, is_tcp, is_out) in enumerate(noise):
            flow = connection if is_tcp else talk
            censor.judge_bytes(flow.say(payload) if is_out else flow.answer(payload), number * 7.0)
        censor.judge_bytes(random.Random(len(noise)).randbytes(60), 100.0)
