"""A descriptor tells a client where to connect: nothing in it may be more than an address."""

from __future__ import annotations

import dataclasses

import pytest

from hamseda.errors import WireError
from hamseda.wire.descriptor import Descriptor, Endpoint, SignedDescriptor

ENDPOINT = Endpoint("https", "home.example", 443, "", "abcdefghij", web=True)
DESCRIPTOR = Descriptor(bytes(32), bytes(32), (ENDPOINT,), 1, 2_000_000_000)


def read(endpoint: Endpoint) -> Endpoint:
    """Send one endpoint through a descriptor."""
    sent = dataclasses.replace(DESCRIPTOR, endpoints=(endpoint,))
    return Descriptor.parse_untrusted(sent.encode()).endpoints[0]


@pytest.mark.parametrize(
    "host", ["home.example", "192.0.2.1", "2001:db8::1", "a-b.example.", "localhost"]
)
def test_a_host_is_a_name_or_an_address(host: str) -> None:
    """Names in other scripts come in their ASCII form."""
    assert read(dataclasses.replace(ENDPOINT, host=host)).host == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        "user@home.example",
        "home.example/path",
        "home.example#x",
        "home.example\r\nX: y",
        "[2001:db8::1]",
        "2001:db8::1%eth0",
        "1:2",
        "-home.example",
        "home..example",
        "خانه.example",
        "a" * 64 + ".example",
        "a." * 127,
    ],
)
def test_a_host_that_would_change_an_address_is_refused(host: str) -> None:
    """It is put into a URL and into a request: it must not be able to end either."""
    with pytest.raises(WireError):
        read(dataclasses.replace(ENDPOINT, host=host))
    if host:
        with pytest.raises(WireError):
            read(dataclasses.replace(ENDPOINT, tls_name=host))


@pytest.mark.parametrize("door", ["", "short", "a" * 65, "abcdefghi/", "abcdefghi.", "abcdefghi\n"])
def test_a_door_is_one_plain_path_segment(door: str) -> None:
    """Another one would lead out of the home's corner of its web site."""
    with pytest.raises(WireError):
        read(dataclasses.replace(ENDPOINT, door=door))


def test_http_is_for_this_machine_only() -> None:
    """Without TLS everybody on the way sees that this is hamseda."""
    for host in ("localhost", "127.0.0.1", "127.8.9.1", "::1"):
        local = dataclasses.replace(ENDPOINT, scheme="http", host=host)
        assert read(local) == local
    for host in ("home.example", "192.0.2.1", "localhost.example", "127.0.0.1.example"):
        with pytest.raises(WireError, match="without TLS"):
            read(dataclasses.replace(ENDPOINT, scheme="http", host=host))


@pytest.mark.parametrize("scheme", ["", "ws", "HTTPS", "ftp"])
def test_other_schemes_are_refused(scheme: str) -> None:
    """A client dials what it is told here."""
    with pytest.raises(WireError):
        read(dataclasses.replace(ENDPOINT, scheme=scheme))  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [0, 17])
def test_a_home_has_one_to_sixteen_endpoints(count: int) -> None:
    """None is a home that is nowhere; thousands are a scan of somebody's network."""
    with pytest.raises(WireError):
        Descriptor.parse_untrusted(
            dataclasses.replace(DESCRIPTOR, endpoints=(ENDPOINT,) * count).encode()
        )


def test_the_signed_bytes_are_kept_as_they_came() -> None:
    """A signature covers what was received, never what we would have written."""
    body = DESCRIPTOR.encode()
    parsed = SignedDescriptor.parse_untrusted(SignedDescriptor(body, bytes(64)).encode())
    assert parsed.body == body


def test_a_signed_something_else_is_no_descriptor() -> None:
    """The body must be what its name says (`bstr .cbor descriptor`)."""
    with pytest.raises(WireError):
        SignedDescriptor.parse_untrusted(SignedDescriptor(b"\xa0", bytes(64)).encode())


@pytest.mark.parametrize(
    ("end", "url"),
    [
        (Endpoint("https", "home.example", 443, "", "a-door-of-a-home", web=True),
         "wss://home.example:443/a-door-of-a-home/line"),
        (Endpoint("http", "::1", 8080, "", "a-door-of-a-home", web=True),
         "ws://[::1]:8080/a-door-of-a-home/line"),
    ],
)  # fmt: skip
def test_an_endpoint_says_where_its_line_is(end: Endpoint, url: str) -> None:
    """An IPv6 address without brackets would be read as a host and a port."""
    assert end.url("ws", "/line") == url
