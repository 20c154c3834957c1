"""Skip, aloud, what this machine does not let the lab do."""

from collections.abc import Sequence

import pytest

from hamseda_lab.errors import LabError
from hamseda_lab.network import Network


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Ask once whether there can be networks at all."""
    marked = [item for item in items if item.get_closest_marker("lab") is not None]
    if not marked:
        return
    try:
        with Network(["a", "b"]):
            return
    except (LabError, OSError) as error:
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=f"no lab on this machine: {error}"))
