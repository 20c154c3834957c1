"""Judge the names that people give to each other."""

from hamseda.errors import UsageError

NAME_MOST = 64


def clean_name(name: str) -> str:
    """Give a name without needless space; `UsageError` for what cannot be shown."""
    clean = " ".join(name.split())
    if not clean or len(clean) > NAME_MOST or not clean.isprintable():
        raise UsageError(
            f"a name has 1 to {NAME_MOST} printable characters", next="choose another name"
        )
    return clean
