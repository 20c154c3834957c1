"""Hold the networks that the lab imitates, one file each, and load those of others.

The name of a file is the profile's id and its name: `p02_stun_signature.py`.
"""

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

from hamseda_lab.errors import LabError
from hamseda_lab.profile import Profile

_FOLDER = Path(__file__).parent


def known_profiles() -> dict[str, type[Profile]]:
    """Give all profiles of this folder by id, in the order of their ids."""
    modules = sorted(path.stem for path in _FOLDER.glob("p[0-9]*.py"))
    kinds = [_profile_of(importlib.import_module(f"{__name__}.{name}")) for name in modules]
    return {kind.about.id: kind for kind in kinds}


def load_profile(id_or_path: str) -> type[Profile]:
    """Load a profile by its id (`P02`), or from a file anywhere. Raise `LabError`.

    A file is a program: load only what you would run.
    """
    if not id_or_path.endswith(".py"):
        known = known_profiles()
        found = known.get(id_or_path.upper())
        if found is None:
            raise LabError(f"no profile {id_or_path!r}; there are {', '.join(known)}, or a file")
        return found
    path = Path(id_or_path)
    spec = importlib.util.spec_from_file_location(f"profile_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise LabError(f"no profile can be read from {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return _profile_of(module)


def _profile_of(module: ModuleType) -> type[Profile]:
    kind = getattr(module, "PROFILE", None)
    if not (isinstance(kind, type) and issubclass(kind, Profile)):
        raise LabError(f"{module.__name__} names no class below Profile as its PROFILE")
    return kind
