"""The one secret file of a front."""

import json
from pathlib import Path

import pytest

from hamseda.errors import ConfigError
from hamseda.serve.front_keys import FRONT_KEY_NAME, load_or_create_front
from hamseda.wire.host import check_door_untrusted


def test_second_start_has_the_same_keys(tmp_path: Path) -> None:
    """A front with another key or door would have to be admitted again."""
    first = load_or_create_front(tmp_path)
    second = load_or_create_front(tmp_path)
    assert (first.door, first.signing.public) == (second.door, second.signing.public)
    check_door_untrusted(first.door)


@pytest.mark.parametrize(
    "change", [{"version": 2}, {"version": None}, {"key": "00"}, {"key": 1}, {"door": "short"}]
)
def test_a_file_that_is_damaged_or_of_another_release_is_refused_and_kept(
    tmp_path: Path, change: dict[str, object]
) -> None:
    """What another release means by it is for that release to say."""
    load_or_create_front(tmp_path)
    path = tmp_path / FRONT_KEY_NAME
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change), encoding="utf-8")
    damaged = path.read_bytes()
    with pytest.raises(ConfigError, match="damaged or of another release"):
        load_or_create_front(tmp_path)
    assert path.read_bytes() == damaged
