"""Real namespaces, real devices, real sockets: the network does what it was told."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from hamseda_lab.network import Network

pytestmark = pytest.mark.lab

PATIENCE = 10.0


@pytest.fixture
def net() -> Iterator[Network]:
    """Give two hosts on perfect links."""
    with Network(["here", "there"]) as net:
        yield net


def udp(net: Network, name: str) -> socket.socket:
    """Give a UDP socket of a host."""
    with net.host(name).entered():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((net.host(name).address, 0))
    made.settimeout(1.0)
    return made


def one_way_ms(net: Network, count: int) -> list[float | None]:
    """Send datagrams from here to there; give how long each took, None if it never came."""
    times: list[float | None] = [None] * count
    with udp(net, "here") as here, udp(net, "there") as there:
        for number in range(count):
            here.sendto(struct.pack("!Id", number, time.monotonic()), there.getsockname())
            there.settimeout(0.004)
            _take(there, times)
        there.settimeout(0.3)
        while _take(there, times):
            pass
    return times


def _take(there: socket.socket, times: list[float | None]) -> bool:
    try:
        number, sent = struct.unpack("!Id", there.recv(100))
    except TimeoutError:
        return False
    times[number] = (time.monotonic() - sent) * 1000
    return True


def test_the_delay_is_what_was_asked_for_to_a_millisecond(net: Network) -> None:
    """Every result depends on it; it is measured from socket to socket."""
    net.set_link("here", delay_ms=30)
    net.set_link("there", delay_ms=20)
    times = [each for each in one_way_ms(net, 200) if each is not None]
    assert len(times) == 200
    assert 50 <= median(times) < 52
    counters = net.counters()
    assert counters.links["here"]["up"].carried_packets == 200
    assert counters.links["there"]["down"].carried_bytes == 200 * (20 + 8 + 12)
    assert counters.homeless_packets == 0


def test_loss_is_lost_for_good_and_counted(net: Network) -> None:
    """What the table calls 20 % must be what the kernel lives with."""
    net.set_link("here", way="up", loss=0.2)
    lost = one_way_ms(net, 400).count(None)
    assert 40 <= lost <= 120
    assert net.counters().links["here"]["up"].lost_packets == lost


def test_a_link_can_be_cut_and_come_back(net: Network) -> None:
    """Tunnels end."""
    with udp(net, "here") as here, udp(net, "there") as there:
        net.set_link("there", is_up=False)
        here.sendto(b"lost", there.getsockname())
        with pytest.raises(TimeoutError):
            there.recv(10)
        net.set_link("there", is_up=True)
        here.sendto(b"there", there.getsockname())
        assert there.recv(10) == b"there"


def test_tcp_gets_through_a_bad_link_late_but_whole(net: Network) -> None:
    """The kernel itself repeats what the link lost: nothing here is a model of TCP."""
    net.set_link("here", delay_ms=5, loss=0.1)
    sent = os.urandom(200_000)
    with net.host("there").entered():
        listening = socket.create_server((net.host("there").address, 0))
    with net.host("here").entered():
        calling = socket.socket()
    with listening, calling:
        calling.settimeout(PATIENCE)
        calling.connect(listening.getsockname())
        answering, _ = listening.accept()
        with answering:
            answering.settimeout(PATIENCE)
            pid = os.fork()
            if pid == 0:
                calling.sendall(sent)
                os._exit(0)
            calling.close()
            got = b""
            while len(got) < len(sent):
                got += answering.recv(65_536)
            os.waitpid(pid, 0)
    assert got == sent
    assert net.counters().links["here"]["up"].lost_packets > 0


def test_a_host_that_moves_loses_its_old_address(net: Network) -> None:
    """Wi-Fi to mobile: the new address works, the old one is nobody's."""
    old = net.host("here").address
    new = net.move("here")
    assert new != old
    times = one_way_ms(net, 3)
    assert None not in times
    addresses = net.host("here").namespace.run("ip", "-j", "-4", "address", "show", "dev", "net0")
    assert [each["local"] for each in json.loads(addresses)[0]["addr_info"]] == [new]


def test_a_capture_holds_what_crossed_the_link(net: Network, tmp_path: Path) -> None:
    """Whoever doubts a number reads the packets."""
    path = tmp_path / "here.pcap"
    net.capture("here", path)
    one_way_ms(net, 3)
    net.capture("here", None)
    content = path.read_bytes()
    assert content[:4] == bytes.fromhex("d4c3b2a1")
    assert len(content) == 24 + 3 * (16 + 20 + 8 + 12)


def test_hosts_have_nothing_but_this_network(net: Network) -> None:
    """Whatever a process tries, it does not leave the lab."""
    listing = net.host("here").namespace.run("ip", "-j", "link")
    assert {each["ifname"] for each in json.loads(listing)} <= {"lo", "net0", "sit0", "tunl0"}
    with udp(net, "here") as here:
        here.sendto(b"out", ("192.0.2.1", 9))
        with pytest.raises(TimeoutError):
            here.recv(10)
    assert net.counters().homeless_packets == 1


def test_nothing_is_left_when_the_lab_is_killed() -> None:
    """A crash must not leave processes, devices or namespaces for the next run to meet."""
    script = textwrap.dedent("""
        import sys, time
        from hamseda_lab.network import Network
        with Network(["here"]) as net:
            print(net.host("here").popen(["sleep", "1000"]).pid, flush=True)
            time.sleep(1000)
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as lab:
        assert lab.stdout is not None
        sleeping = int(lab.stdout.readline())
        lab.send_signal(signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while _is_alive(sleeping):
        assert time.monotonic() < until, "a process of a dead lab still runs"
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    try:
        return "(sleep) Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
