"""The self-signed certificate of a home without a name."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509

from hamseda.errors import ConfigError
from hamseda.serve.certificates import SELF_SIGNED, TLS_NAME, Tls, self_signed

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC).timestamp()
DAY = 24 * 3600
HOSTS = ("home.example", "203.0.113.7", "2001:db8::7")


def test_certificate_names_every_host_and_is_kept(tmp_path: Path) -> None:
    """A browser that was told to trust it once must find the same one again."""
    assert self_signed(tmp_path, HOSTS, NOW)
    path = tmp_path / TLS_NAME
    assert path.stat().st_mode & 0o777 == 0o600
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(name.value) for name in names} == set(HOSTS)
    assert certificate.not_valid_before_utc.timestamp() == NOW - 7 * DAY
    assert not self_signed(tmp_path, HOSTS, NOW + 300 * DAY)


def test_certificate_is_made_again_before_it_ends_and_for_new_names(tmp_path: Path) -> None:
    """A home must not go silent on the day a year after its first."""
    self_signed(tmp_path, HOSTS, NOW)
    assert self_signed(tmp_path, HOSTS, NOW + 365 * DAY)
    assert self_signed(tmp_path, (*HOSTS, "other.example"), NOW + 365 * DAY)


def test_damaged_certificate_is_made_again(tmp_path: Path) -> None:
    """It is camouflage and holds nothing that is worth a refusal to start."""
    self_signed(tmp_path, HOSTS, NOW)
    (tmp_path / TLS_NAME).write_bytes(b"-----BEGIN CERTIFICATE-----\n")
    assert self_signed(tmp_path, HOSTS, NOW)


def test_running_home_takes_the_new_certificate(tmp_path: Path) -> None:
    """Certificates are renewed every few weeks; calls must not end for it."""
    tls = Tls(tmp_path, SELF_SIGNED, HOSTS)
    assert tls.renew(NOW)
    assert not tls.renew(NOW + 300 * DAY)
    assert tls.renew(NOW + 380 * DAY)


def test_half_written_certificate_does_not_replace_a_good_one(tmp_path: Path) -> None:
    """The tool that renews writes two files, one after the other."""
    self_signed(tmp_path, HOSTS, NOW)
    certificate, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    for path in (certificate, key):
        path.write_bytes((tmp_path / TLS_NAME).read_bytes())
    tls = Tls(tmp_path, (str(certificate), str(key)), HOSTS)
    assert tls.renew(NOW)
    self_signed(tmp_path, HOSTS, NOW + 380 * DAY)
    certificate.write_bytes((tmp_path / TLS_NAME).read_bytes())
    with pytest.raises(ConfigError):
        tls.renew(NOW)
    key.write_bytes((tmp_path / TLS_NAME).read_bytes())
    assert tls.renew(NOW)


def test_unusable_files_are_named(tmp_path: Path) -> None:
    """The operator must learn which file is wrong."""
    with pytest.raises(ConfigError, match="nothing"):
        Tls(tmp_path, (str(tmp_path / "nothing"),) * 2, HOSTS).renew(NOW)
