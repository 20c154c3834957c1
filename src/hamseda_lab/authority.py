"""Be the certificate authority of a place, whom its browsers trust and nobody else does."""

import datetime as dt
import shutil
import subprocess
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hamseda_lab.errors import LabError

_NAME: Final = "hamseda-lab"
_LASTS: Final = dt.timedelta(days=30)
_DAY: Final = dt.timedelta(days=1)


class Authority:
    """Issue certificates for names. Its files lie in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = generate_private_key(SECP256R1())
        self._certificate = (
            _builder(_NAME, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, SHA256())
        )
        self._path = folder / "authority.crt"
        self._path.write_bytes(self._certificate.public_bytes(Encoding.PEM))

    def issue(self, name: str, *, ended: bool = False) -> tuple[Path, Path]:
        """Make a certificate for a name; give its path and that of its key.

        `ended`: it was good until yesterday.
        """
        key = generate_private_key(SECP256R1())
        ends = dt.datetime.now(dt.UTC) + (-_DAY if ended else _LASTS)
        certificate = (
            _builder(name, key, issuer=_NAME, ends=ends)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self._key, SHA256())
        )
        paths = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths

    def trusting_home(self, name: str) -> Path:
        """Make a home folder of a person whose browser trusts this authority. Raise `LabError`.

        Chromium reads the certificates that its user added from `.pki/nssdb` in it.
        """
        program = shutil.which("certutil")
        if program is None:
            raise LabError("certutil is missing: apt-get install libnss3-tools")
        home = self._folder / f"home-of-{name}"
        store = home / ".pki" / "nssdb"
        store.mkdir(parents=True, exist_ok=True)
        for words in (
            ("-N", "--empty-password"),
            ("-A", "-t", "C,,", "-n", _NAME, "-i", str(self._path)),
        ):
            made = subprocess.run(  # noqa: S603 - the lab's own words
                [program, "-d", f"sql:{store}", *words],
                capture_output=True,
                text=True,
                check=False,
            )
            if made.returncode:
                raise LabError(f"certutil: {made.stderr.strip()}")
        return home


def _builder(
    name: str,
    key: EllipticCurvePrivateKey,
    *,
    issuer: str | None = None,
    ends: dt.datetime | None = None,
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer or name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LASTS)
        .not_valid_after(ends or now + _LASTS)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
