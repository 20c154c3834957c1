"""Make TLS contexts, and a self-signed certificate for homes without a name.

TLS is camouflage here: the line authenticates the home by its own key (spec/line.md).
"""

import datetime as dt
import hashlib
import ipaddress
import ssl
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hamseda.errors import ConfigError
from hamseda.serve.files import write_private

SELF_SIGNED: Final = ("self-signed",)
TLS_NAME: Final = "tls.pem"
WEEK: Final = 7 * 24 * 3600
LIFE: Final = 397 * 24 * 3600
"""Seconds; browsers refuse certificates that live longer."""
RENEW_BEFORE: Final = 30 * 24 * 3600


class Tls:
    """Hold the TLS context of a home and keep its certificate fresh while the home runs."""

    def __init__(self, data: Path, setting: tuple[str, ...], hosts: tuple[str, ...]) -> None:
        self._data = data
        self._hosts = hosts
        self._is_self_signed = setting == SELF_SIGNED
        self._certificate, self._key = (
            (data / TLS_NAME,) * 2 if self._is_self_signed else (Path(setting[0]), Path(setting[1]))
        )
        self._loaded_ns = 0
        self.hashes: tuple[bytes, ...] = ()
        """SHA-256 of the certificate that is served, and of the one before it."""
        self.context: Final = _context()

    def renew(self, now: float) -> bool:
        """Load what is new: the operator's changed files, or a certificate made again.

        Connections that are open keep theirs. Raise `ConfigError` when the files are of no use;
        what was loaded before stays.
        """
        if self._is_self_signed:
            self_signed(self._data, self._hosts, now)
        try:
            changed_ns = self._certificate.stat().st_mtime_ns
            if changed_ns == self._loaded_ns:
                return False
            # Tried first: a chain without its key would leave the context with neither.
            context_from_files(self._certificate, self._key)
            self.context.load_cert_chain(self._certificate, self._key)
            self.hashes = (_hash(self._certificate), *self.hashes)[:2]
        except (OSError, ValueError) as error:
            raise ConfigError(f"cannot read the certificate {self._certificate}") from error
        self._loaded_ns = changed_ns
        return True


def _hash(chain: Path) -> bytes:
    """Hash the first certificate of a PEM file as TLS carries it (DER)."""
    certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()


def context_from_files(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return a context with this certificate chain and key. Raise `ConfigError`."""
    context = _context()
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"cannot use the certificate {certificate} with the key {key}: {error}"
        ) from error
    return context


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A WebSocket needs HTTP/1.1; offering more would be a lie.
    context.set_alpn_protocols(["http/1.1"])
    # An upgrade of nothing: renegotiation only serves denial of service.
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    return context


def self_signed(data: Path, hosts: tuple[str, ...], now: float) -> bool:
    """Have a PEM file (certificate and key) in the data folder; say whether it was made now.

    It is made again when it does not name `hosts` or has less than 30 days left.
    """
    path = data / TLS_NAME
    if _is_good(path, hosts, now):
        return False
    write_private(path, _make(hosts, now))
    return True


def _is_good(path: Path, hosts: tuple[str, ...], now: float) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    known = {str(name.value) for name in names.value}
    ends = certificate.not_valid_after_utc.timestamp()
    begins = certificate.not_valid_before_utc.timestamp()
    return known.issuperset(hosts) and begins <= now < ends - RENEW_BEFORE


def _make(hosts: tuple[str, ...], now: float) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A week back: clocks of visitors are wrong, mostly by less.
        .not_valid_before(_moment(now - WEEK))
        .not_valid_after(_moment(now - WEEK + LIFE))
        .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + private


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(seconds), tz=dt.UTC)
