"""The place of a cell: names, a proxy, a calibrated link."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda_lab.brief import Brief
from hamseda_lab.censorship import Censorship
from hamseda_lab.connect_proxy import wanted_untrusted
from hamseda_lab.place import HOME_NAME, PROXY_PORT, Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Give a place whose clients are told of the proxy."""
    with Place(tmp_path_factory.mktemp("place"), tells_of_proxy=True) as place:
        yield place


@pytest.mark.lab
def test_names_lead_to_the_hosts_and_to_nowhere_else(place: Place) -> None:
    """Each host asks the place's resolver, and the machine's own names stay as they are."""
    asked = place.popen("caller", ["getent", "ahostsv4", HOME_NAME], stdout=subprocess.PIPE)
    assert place.address("home") in asked.communicate()[0].decode()
    assert place.popen("caller", ["getent", "ahostsv4", "elsewhere.invalid"]).wait() != 0


@pytest.mark.lab
def test_the_link_is_as_long_as_the_place_says(place: Place) -> None:
    """It is printed beside each result."""
    measured = place.calibrate()
    assert 60 <= measured.rtt_ms < 75
    assert measured.loss == 0


_FETCH = """
import os, socket, sys
kind, host, port = sys.argv[1:]
assert os.environ["https_proxy"].startswith("http://")
line = socket.create_connection((host, int(port)), timeout=3)
line.sendall(kind.encode())
print(line.recv(100).split(b"\\r\\n")[0].decode())
"""


@pytest.mark.lab
def test_the_proxy_is_the_only_way_out_and_leads_to_port_443(place: Place, tmp_path: Path) -> None:
    """A firm's proxy connects to nothing but the web."""
    censorship = Censorship(place.net, tmp_path / "log.jsonl")
    proxy = place.address("proxy"), PROXY_PORT
    censorship.begin("P20", Brief(inside=(place.prefix("caller"),), proxy=proxy))

    def says(wanted: str) -> str:
        arguments = [f"{wanted} HTTP/1.1\r\n\r\n", proxy[0], str(proxy[1])]
        command = ["python3", "-c", _FETCH, *arguments]
        asked = place.popen("caller", command, stdout=subprocess.PIPE, text=True)
        return str(asked.communicate()[0]).strip()

    with place.net.host("home").popen(
        ["python3", "-m", "http.server", "443", "--bind", place.address("home")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as serving:
        try:
            said = ""
            # The server takes a while to listen on a busy machine.
            for _ in range(60):
                said = says(f"CONNECT {HOME_NAME}:443")
                if "200" in said:
                    break
            assert said == "HTTP/1.1 200 Connection established"
            assert says(f"CONNECT {HOME_NAME}:22") == "HTTP/1.1 403 Forbidden"
            assert says(f"GET http://{HOME_NAME}/") == "HTTP/1.1 403 Forbidden"
            assert censorship.touched == 0
        finally:
            serving.kill()
    censorship.end()


@pytest.mark.parametrize(
    ("line", "host"),
    [
        (b"CONNECT home.example:443 HTTP/1.1", "home.example"),
        (b"CONNECT home.example:80 HTTP/1.1", None),
        (b"CONNECT :443 HTTP/1.1", None),
        (b"GET / HTTP/1.1", None),
    ],
)
def test_a_proxy_connects_to_port_443_only(line: bytes, host: str | None) -> None:
    """This is what most of them allow."""
    assert wanted_untrusted(line + b"\r\nHost: x\r\n\r\n") == host


@given(st.binary(max_size=60))
def test_noise_is_refused(noise: bytes) -> None:
    """A proxy reads what anybody sends."""
    wanted_untrusted(noise)
