"""Make a home's descriptor from its settings, and sign it (spec/invitation.md §1)."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from hamseda.crypto import home_identity, kem
from hamseda.crypto.kem import KemKeyPair
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import ConfigError, WireError
from hamseda.serve.config import Settings
from hamseda.serve.files import write_private
from hamseda.serve.keys import HomeKeys
from hamseda.wire.descriptor import ENDPOINTS_MOST, Descriptor, Endpoint, HomeDocument
from hamseda.wire.host import check_host_untrusted, is_loopback
from hamseda.wire.link import HomeLink

DESCRIPTOR_NAME: Final = "descriptor"
YEAR: Final = 365 * 24 * 3600
DEFAULT_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class HomeIdentity:
    """Hold what a home shows of itself, and the key pair that its lines need."""

    home_id: str
    link: HomeLink
    document: bytes = field(repr=False)
    line_pair: KemKeyPair = field(repr=False)
    is_new: bool = False
    """The descriptor was signed just now."""


def endpoints(settings: Settings, port: int, door: str) -> tuple[Endpoint, ...]:
    """Return the ways to reach this home, best first. Raise `ConfigError`."""
    if len(settings.public) > ENDPOINTS_MOST:
        raise ConfigError(f"a home has at most {ENDPOINTS_MOST} public addresses")
    if settings.public:
        return tuple(_endpoint(text, door) for text in settings.public)
    scheme = "https" if settings.tls else "http"
    host = settings.host
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104 -- compared, not bound
        host = "localhost"
    if scheme == "http" and not (is_loopback(host) and is_loopback(settings.host)):
        raise ConfigError(
            "without TLS a home can be reached from its own machine only",
            next="add --tls self-signed, or --public https://HOST when a proxy in front has TLS",
        )
    return (Endpoint(scheme, _checked(host.strip("[]")), port, "", door, web=True),)


def _endpoint(text: str, door: str) -> Endpoint:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"public address {text!r}: {error}") from error
    host = parts.hostname
    is_plain = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in DEFAULT_PORTS or not host or not is_plain:
        raise ConfigError(
            f"public address {text!r} is none", next="write https://host or https://host:port"
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigError(f"public address {text!r}: http is for this machine only")
    scheme = "https" if parts.scheme == "https" else "http"
    return Endpoint(scheme, _checked(host), port or DEFAULT_PORTS[scheme], "", door, web=True)


def _checked(host: str) -> str:
    """Refuse what every client would refuse (a name in other letters needs its xn-- form)."""
    try:
        check_host_untrusted(host)
    except WireError as error:
        raise ConfigError(
            f"{host!r} is no host name", next="set --public to a name or an IP address"
        ) from error
    return host


def establish(
    data: Path, keys: HomeKeys, ways: tuple[Endpoint, ...], unix_now: int
) -> HomeIdentity:
    """Take the stored descriptor, or sign a newer one when it no longer fits or runs out."""
    signing = SigningKey(keys.identity_seed)
    pair = kem.key_pair(keys.line_seed)
    home_id = home_identity.home_id(signing.public)
    path = data / DESCRIPTOR_NAME
    line_key_hash = home_identity.line_key_hash(pair.public)
    stored, signed = _stored(path, home_id)
    is_good = (
        stored is not None
        and stored.endpoints == ways
        and stored.line_key_hash == line_key_hash
        and stored.expiry > unix_now + YEAR // 2
    )
    if not is_good:
        # The clock keeps versions growing also for a home that was restored without its descriptor.
        version = max(stored.version + 1 if stored is not None else 1, unix_now)
        descriptor = Descriptor(signing.public, line_key_hash, ways, version, unix_now + YEAR)
        signed = home_identity.sign_descriptor(signing, descriptor.encode())
        write_private(path, signed)
    best = ways[0]
    host = f"[{best.host}]" if ":" in best.host else best.host
    return HomeIdentity(
        home_id,
        HomeLink(best.scheme, host, best.port, keys.door, home_id),
        HomeDocument(signed, pair.public).encode(),
        pair,
        not is_good,
    )


def _stored(path: Path, home_id: str) -> tuple[Descriptor | None, bytes]:
    try:
        signed = path.read_bytes()
        return home_identity.verify_signed_descriptor_untrusted(signed, home_id), signed
    except (FileNotFoundError, WireError):
        return None, b""
