"""Put the built page into the wheel, where there is one (a hook of hatchling)."""

from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = "web/dist"


class PageHook(BuildHookInterface[BuilderConfig]):
    """Add `web/dist`, which git ignores and which a release must carry."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say where the files of the page belong in this kind of distribution."""
        folder = Path(self.root) / BUILT
        # An editable install takes the page from the checkout, as it is at the time.
        if version == "editable" or not (folder / "index.html").is_file():
            return
        # A wheel that is built from the source distribution finds it there as in a checkout.
        target = BUILT if self.target_name == "sdist" else "hamseda/page"
        build_data["force_include"][str(folder)] = target
