"""Give each test a world of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give an empty world, cleared away after the test, also after one that failed."""
    with World(tmp_path) as world:
        yield world
