"""Make a home's descriptor from its settings, and sign it (spec/invitation.md §1)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from hamseda.crypto import home_identity, kem
from hamseda.crypto.kem import KemKeyPair
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import ConfigError, WireError
from hamseda.serve.certificates import SELF_SIGNED
from hamseda.serve.config import Settings
from hamseda.serve.files import write_private
from hamseda.serve.keys import HomeKeys
from hamseda.wire.address import DEFAULT_PORT
from hamseda.wire.codes import FEATURES
from hamseda.wire.descriptor import ENDPOINTS_MOST, Descriptor, Endpoint, HomeDocument
from hamseda.wire.host import bracketed, check_host_untrusted, is_loopback
from hamseda.wire.link import HomeLink

DESCRIPTOR_NAME: Final = "descriptor"
YEAR: Final = 365 * 24 * 3600
TLS_MARK: Final = "tls="


@dataclass(frozen=True, slots=True)
class HomeIdentity:
    """Hold what a home shows of itself, and the key pair that its lines need."""

    home_id: str
    link: HomeLink
    descriptor: Descriptor = field(repr=False)
    """What the document says, read."""
    document: bytes = field(repr=False)
    line_pair: KemKeyPair = field(repr=False)
    is_new: bool = False
    """The descriptor was signed just now."""


def endpoints(settings: Settings, ports: Sequence[int], door: str) -> tuple[Endpoint, ...]:
    """Return the ways to reach this machine, best first. Raise `ConfigError`.

    `ports`: where it listens, the main one first.
    """
    if max(len(settings.public), len(ports)) > ENDPOINTS_MOST:
        raise ConfigError(f"a home has at most {ENDPOINTS_MOST} addresses")
    is_known = settings.tls != SELF_SIGNED
    if settings.public:
        return tuple(_endpoint(text, door, is_known=is_known) for text in settings.public)
    scheme = "https" if settings.tls else "http"
    host = settings.host
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104 -- compared, not bound
        host = "localhost"
    if scheme == "http" and not (is_loopback(host) and is_loopback(settings.host)):
        raise ConfigError(
            "without TLS a home can be reached from its own machine only",
            next="add --tls self-signed, or --public https://HOST when a proxy in front has TLS",
        )
    host = _checked(host.strip("[]"))
    web = is_known or is_loopback(host)
    return tuple(Endpoint(scheme, host, port, "", door, web) for port in ports)


def _endpoint(text: str, door: str, *, is_known: bool) -> Endpoint:
    """Read one public address; `is_known`: browsers accept the certificate."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"public address {text!r}: {error}") from error
    host = parts.hostname
    tls_name = parts.fragment.removeprefix(TLS_MARK)
    is_tls = not parts.fragment or (parts.fragment.startswith(TLS_MARK) and tls_name != "")
    is_plain = is_tls and not (parts.path.strip("/") or parts.query or parts.username)
    if parts.scheme not in DEFAULT_PORT or not host or not is_plain:
        raise ConfigError(
            f"public address {text!r} is none",
            next="write https://host, https://host:port or https://host#tls=NAME",
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigError(f"public address {text!r}: http is for this machine only")
    scheme = "https" if parts.scheme == "https" else "http"
    if tls_name:
        _checked(tls_name)
    # A browser can be told no other name, and is shown no certificate that it does not know.
    web = not tls_name and (is_known or is_loopback(host))
    return Endpoint(scheme, _checked(host), port or DEFAULT_PORT[scheme], tls_name, door, web)


def _checked(host: str) -> str:
    """Refuse what every client would refuse (a name in other letters needs its xn-- form)."""
    try:
        check_host_untrusted(host)
    except WireError as error:
        raise ConfigError(
            f"{host!r} is no host name", next="set --public to a name or an IP address"
        ) from error
    return host


def home_id(keys: HomeKeys) -> str:
    """Return the id under which these keys are known."""
    return home_identity.home_id(SigningKey(keys.identity_seed).public)


def establish(
    data: Path, keys: HomeKeys, ways: tuple[Endpoint, ...], unix_now: int
) -> HomeIdentity:
    """Take the stored descriptor, or sign a newer one when it no longer fits or runs out."""
    signing = SigningKey(keys.identity_seed)
    pair = kem.key_pair(keys.line_seed)
    name = home_id(keys)
    path = data / DESCRIPTOR_NAME
    line_key_hash = home_identity.line_key_hash(pair.public)
    descriptor, signed = _stored(path, name)
    is_new = (
        descriptor is None
        or descriptor.endpoints != ways
        or descriptor.line_key_hash != line_key_hash
        or descriptor.expiry <= unix_now + YEAR // 2
    )
    if descriptor is None or is_new:
        # The clock keeps versions growing also for a home that was restored without its descriptor.
        version = max(descriptor.version + 1 if descriptor is not None else 1, unix_now)
        descriptor = Descriptor(signing.public, line_key_hash, ways, version, unix_now + YEAR)
        signed = home_identity.sign_descriptor(signing, descriptor.encode())
        write_private(path, signed)
    best = ways[0]
    return HomeIdentity(
        name,
        HomeLink(best.scheme, bracketed(best.host), best.port, keys.door, name),
        descriptor,
        HomeDocument(signed, pair.public, FEATURES).encode(),
        pair,
        is_new,
    )


def _stored(path: Path, name: str) -> tuple[Descriptor | None, bytes]:
    try:
        signed = path.read_bytes()
        return home_identity.verify_signed_descriptor_untrusted(signed, name), signed
    except (FileNotFoundError, WireError):
        return None, b""
