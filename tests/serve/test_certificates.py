"""The self-signed certificate of a home without a name."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509

from hamseda.errors import ConfigError
from hamseda.serve.certificates import context_from_files, self_signed

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC).timestamp()
DAY = 24 * 3600
HOSTS = ("home.example", "203.0.113.7", "2001:db8::7")


def test_certificate_names_every_host_and_is_kept(tmp_path: Path) -> None:
    """A browser that was told to trust it once must find the same one again."""
    path, is_new = self_signed(tmp_path, HOSTS, NOW)
    assert is_new
    assert path.stat().st_mode & 0o777 == 0o600
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in names} == set(HOSTS)
    assert certificate.not_valid_before_utc.timestamp() == NOW - 7 * DAY
    assert self_signed(tmp_path, HOSTS, NOW + 300 * DAY) == (path, False)


def test_certificate_is_renewed_before_it_ends_and_for_new_names(tmp_path: Path) -> None:
    """A home must not go silent on the day a year after its first."""
    self_signed(tmp_path, HOSTS, NOW)
    assert self_signed(tmp_path, HOSTS, NOW + 365 * DAY)[1]
    assert self_signed(tmp_path, (*HOSTS, "other.example"), NOW + 365 * DAY)[1]


def test_damaged_certificate_is_made_again(tmp_path: Path) -> None:
    """It is camouflage and holds nothing that is worth a refusal to start."""
    path, _ = self_signed(tmp_path, HOSTS, NOW)
    path.write_bytes(b"-----BEGIN CERTIFICATE-----\n")
    assert self_signed(tmp_path, HOSTS, NOW)[1]
    context_from_files(path, path)


def test_unusable_files_are_named(tmp_path: Path) -> None:
    """The operator must learn which file is wrong."""
    with pytest.raises(ConfigError, match="nothing"):
        context_from_files(tmp_path / "nothing", tmp_path / "nothing")
