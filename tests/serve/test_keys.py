"""The one secret file of a home."""

from pathlib import Path

import pytest

from hamseda.errors import ConfigError, StoreError
from hamseda.serve.files import locked, write_private
from hamseda.serve.keys import KEY_NAME, load_or_create
from hamseda.wire.host import check_door_untrusted


def test_second_start_has_the_same_keys(tmp_path: Path) -> None:
    """A home with other keys is a stranger to all who know it."""
    first = load_or_create(tmp_path)
    assert load_or_create(tmp_path) == first
    check_door_untrusted(first.door)


def test_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Other users of the machine must not be able to impersonate the home."""
    load_or_create(tmp_path)
    assert (tmp_path / KEY_NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_NAME]


def test_two_homes_share_nothing(tmp_path: Path) -> None:
    """Keys are random, not derived from the machine."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    a, b = load_or_create(tmp_path / "a"), load_or_create(tmp_path / "b")
    assert len({a.identity_seed, a.line_seed, a.relay_key}) == 3
    assert a.door != b.door
    assert a.identity_seed != b.identity_seed


def test_secrets_are_not_printed(tmp_path: Path) -> None:
    """A repr ends in logs and bug reports."""
    keys = load_or_create(tmp_path)
    shown = repr(keys)
    for secret in (keys.identity_seed, keys.line_seed, keys.relay_key):
        assert secret.hex() not in shown
        assert repr(secret) not in shown
    assert keys.door not in shown


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\xfe", b"[]", b'{"version": 2}'])
def test_damaged_file_is_refused_and_kept(tmp_path: Path, damage: bytes) -> None:
    """Silently making new keys would destroy what a backup could still mend."""
    path = tmp_path / KEY_NAME
    path.write_bytes(damage)
    with pytest.raises(ConfigError, match="damaged"):
        load_or_create(tmp_path)
    assert path.read_bytes() == damage


def test_truncated_key_is_refused(tmp_path: Path) -> None:
    """A shorter key would be a weaker key."""
    load_or_create(tmp_path)
    path = tmp_path / KEY_NAME
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace('"line": "', '"line": "00'), encoding="utf-8")
    with pytest.raises(ConfigError):
        load_or_create(tmp_path)


def test_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    """A draft that a crash left behind must not get in the way."""
    path = tmp_path / "file"
    write_private(path, b"old")
    (tmp_path / "file.new").write_bytes(b"half of the n")
    assert path.read_bytes() == b"old"
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_second_server_is_refused(tmp_path: Path) -> None:
    """Two servers on one folder would deliver envelopes twice."""
    with locked(tmp_path):
        with pytest.raises(StoreError, match="another server") as raised, locked(tmp_path):
            pass
        assert raised.value.next
    with locked(tmp_path):
        pass
