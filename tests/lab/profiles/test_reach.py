"""Networks that look at who talks to whom, how much, and for how long."""

from typing import Any

import pytest

from hamseda_lab.profile import Visit
from tests.lab.traffic import (
    FREE,
    LISTED,
    OTHER,
    RESOLVER,
    SERVER,
    Border,
    Connection,
    Datagrams,
    client_hello,
    dns_question,
    quic_initial,
    stun,
)


def test_p00_lets_everything_pass() -> None:
    """A control that blocks something controls nothing."""
    border = Border("P00", listed_names=frozenset({LISTED}))
    connection = Connection()
    talk = [*connection.open(), connection.say(client_hello()), Datagrams(3478).say(stun())]
    assert all(border.passing(talk))
    assert border.touches == []


def test_p01_drops_udp_but_the_operators_dns() -> None:
    """Port 53 of somebody else is UDP like any other."""
    border = Border("P01")
    ours, theirs = Datagrams(53, server=RESOLVER), Datagrams(53)
    assert border.passing([ours.say(dns_question(FREE)), ours.answer()]) == [True, True]
    assert border.passing([theirs.say(dns_question(FREE)), theirs.answer()]) == [False, False]
    assert not border.passes(Datagrams(54, server=RESOLVER).say(b"x"))
    assert all(border.passing(Connection().open()))


def test_p04_cuts_media_and_leaves_signalling() -> None:
    """The phone rings, somebody answers, and both wait for ever."""
    border = Border(
        "P04",
        relays=("10.77.9.0/24",),
        peers=("10.77.8.0/24",),
        signalling_ports=frozenset({443}),
    )
    assert all(border.passing(Connection(443).open()))
    assert not any(border.passing(Connection(3478).open()))
    assert not any(border.passing(Connection(8080, server=OTHER).open()))
    media, direct = Datagrams(443), Datagrams(5000, server=OTHER)
    assert not any(border.passing([media.say(b"x"), media.answer()]))
    assert not any(border.passing([direct.say(b"x"), direct.answer()]))
    assert border.passes(Datagrams(5000, server="10.77.3.2").say(b"a game"))
    assert all(border.passing(Connection(3478, server="10.77.3.2").open()))


# P14

HOSTING: dict[str, Any] = {
    "hosting": ("10.77.9.0/24",),
    "allowed_names": frozenset({FREE}),
}


def test_p14_freezes_after_25_packets_of_both_directions() -> None:
    """The page begins to load. No reset tells anybody why it stops."""
    border = Border("P14", **HOSTING)
    connection = Connection()
    talk = [*connection.open(), connection.say(client_hello(LISTED))]
    talk += [connection.answer() if n % 2 else connection.acknowledge() for n in range(30)]
    assert border.passing(talk) == [True] * 25 + [False] * 9


def test_p14_treats_udp_alike() -> None:
    """QUIC is no way out, unless its name is allowed."""
    border = Border("P14", **HOSTING)
    plain, allowed = Datagrams(443), Datagrams(443, own_port=50_001)
    assert border.passing(plain.say(b"x") for _ in range(27)) == [True] * 25 + [False] * 2
    assert border.passes(allowed.say(quic_initial(FREE)))
    assert all(border.passing(allowed.say(b"x") for _ in range(40)))


@pytest.mark.parametrize(("server", "name"), [(SERVER, FREE), (OTHER, LISTED), (OTHER, None)])
def test_p14_lets_allowed_names_and_other_prefixes_be(server: str, name: str | None) -> None:
    """An address elsewhere is the way out of it."""
    connection = Connection(server=server)
    talk = [*connection.open(), connection.say(client_hello(name))]
    assert all(Border("P14", **HOSTING).passing([*talk, *(connection.answer() for _ in range(60))]))


def test_p14_counts_each_connection_for_itself() -> None:
    """Whoever begins anew has 25 packets more, also from the same port."""
    border = Border("P14", **HOSTING)
    connection = Connection()
    border.passing(connection.acknowledge() for _ in range(40))
    assert all(border.passing(connection.open()))


# P17 and P18


def test_p17_polices_relays_to_16_kbit_each_way() -> None:
    """2,000 bytes a second, behind a first burst of 8,000."""
    border = Border("P17", relays=("10.77.9.0/24",))
    talk = Datagrams(443)
    for say in (talk.say, talk.answer):
        passed = sum(border.passes(say(bytes(172)), at / 100) * 200 for at in range(1000))
        assert 27_000 <= passed <= 28_000
    elsewhere = Datagrams(443, server=OTHER)
    assert all(border.passing(elsewhere.say(bytes(1000)) for _ in range(100)))


def test_p18_polices_udp_on_its_way_out() -> None:
    """One hears well and is not heard."""
    border = Border("P18")
    talk = Datagrams(443)
    passed = sum(border.passes(talk.say(bytes(172)), at / 100) * 200 for at in range(1000))
    assert 12_500 <= passed <= 13_000
    assert all(border.passing((talk.answer(bytes(1000)) for _ in range(100)), 10.0))
    connection = Connection()
    assert all(border.passing((connection.say(bytes(1000)) for _ in range(100)), 10.0))


# P19


def _talks(border: Border, talk: Connection | Datagrams, first: bytes) -> list[Visit]:
    if isinstance(talk, Connection):
        border.passing(talk.open())
    border.see(talk.say(first))
    border.see(talk.say(b"more"), 4.9)
    assert border.censor.wanted_visits() == []
    border.see(talk.say(b"more"), 5.1)
    return border.censor.wanted_visits()


def test_p19_visits_a_server_once_and_blocks_what_gives_itself_away() -> None:
    """What a visitor sees decides, and not what the client does."""
    border = Border("P19")
    (visit,) = _talks(border, Connection(), client_hello())
    assert (visit.server, visit.server_port, visit.within) == (SERVER, 443, 30.0)
    assert visit.first_bytes[:2] == b"\x16\3"
    border.censor.visited(visit.number, "", 6.0)
    assert border.passes(Connection().open()[0], 7.0)
    (second,) = _talks(border, Connection(444), client_hello())
    border.censor.visited(second.number, "it speaks TURN", 6.0)
    assert not border.passes(Connection(444).open()[0], 1e6)
    assert border.passes(Connection().open()[0], 1e6)
    assert "TURN" in border.touches[-1].why
    assert border.censor.wanted_visits() == []


def test_p19_watches_tls_and_udp() -> None:
    """Other TCP is of no interest to it."""
    border = Border("P19")
    assert len(_talks(border, Datagrams(9000), stun())) == 1
    assert _talks(border, Connection(22), b"SSH-2.0-x\r\n") == []


# P20 to P22


def test_p20_lets_only_the_proxy_be_reached() -> None:
    """No name is resolved, no other port answers."""
    border = Border("P20", proxy=(OTHER, 3128))
    assert all(border.passing(Connection(3128, server=OTHER).open()))
    assert not any(border.passing(Connection(443, server=OTHER).open()))
    assert not any(border.passing(Connection(3128).open()))
    assert not border.passes(Datagrams(3128, server=OTHER).say(b"x"))
    assert not border.passes(Datagrams(53, server=RESOLVER).say(dns_question(FREE)))


def test_p21_opens_connections_abroad_and_then_says_nothing() -> None:
    """A successful connect proves nothing here."""
    border = Border("P21", domestic=("10.77.8.0/24",))
    connection = Connection()
    syn, syn_ack, ack = connection.open()
    assert border.passing([syn, syn_ack]) == [True, True]
    assert border.passing([ack, connection.say(client_hello(FREE)), connection.answer()]) == [
        False,
        False,
        False,
    ]
    assert not border.passes(Datagrams(53).say(dns_question(FREE)))
    domestic = Connection(server=OTHER)
    assert all(border.passing([*domestic.open(), domestic.say(client_hello())]))
    assert border.passes(Datagrams(443, server=OTHER).say(b"x"))


def test_p22_goes_dark_20_s_into_a_call_for_40_s() -> None:
    """Nobody hung up."""
    border = Border("P22")
    connection = Connection()
    assert border.passes(connection.say(b"x"), 1000.0)
    border.censor.call_began(1000.0)
    border.censor.call_began(1010.0)
    for at, passes in ((1019.9, True), (1020.1, False), (1059.9, False), (1060.1, True)):
        assert border.passing([connection.say(b"x"), connection.answer()], at) == [passes] * 2
