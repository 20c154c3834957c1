"""Give each test a world of its own, and the tests of one file a home to share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.world import Home, Pair, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give an empty world, cleared away after the test, also after one that failed."""
    with World(tmp_path) as world:
        yield world


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Give the home that the tests of one file share; who changes it makes its own.

    Many people come from one address here: the ration of a prefix is not what is under test.
    """
    with World(tmp_path_factory.mktemp("shared")) as world:
        yield world.home(creations_per_hour=100_000, puts_per_second=10_000)


@pytest.fixture
def pair(world: World, home: Home) -> Pair:
    """Give two people who are contacts at the shared home."""
    return world.pair(home)
