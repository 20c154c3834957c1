"""Read a home's settings: each has a type, a default and one line that says what it does.

`docs/reference/settings.md` is generated from this file.
"""

import difflib
import ipaddress
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from hamseda.errors import ConfigError

Value = str | int | bool | tuple[str, ...]


def _text(default: str, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


def _flag(default: bool, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


def _texts(doc: str) -> Any:
    return field(default=(), metadata={"doc": doc})


def _number(default: int, low: int, high: int, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc, "low": low, "high": high})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Hold every setting of a home. Limits are those of spec/registry.md §4."""

    host: str = _text("localhost", "Address or name to listen on; `0.0.0.0` or `::` for all.")
    port: int = _number(8080, 0, 65_535, "Port to listen on; 0 takes any free one.")
    more_ports: tuple[str, ...] = _texts("Further ports to listen on, on the same addresses.")
    tls: tuple[str, ...] = _texts(
        "Certificate and key file in PEM, or `self-signed`; empty for plain HTTP."
    )
    public: tuple[str, ...] = _texts(
        "Addresses under which people reach this home, best first, as `https://host[:port]`, with"
        " `#tls=NAME` where TLS is to show another name; empty derives them from `host`, `port` and"
        " `more_ports`."
    )
    trusted_proxy: tuple[str, ...] = _texts(
        "Addresses of reverse proxies before this process: who asks through them pays by the last"
        " address of their `X-Forwarded-For`. Name none that passes on what it did not check."
    )
    site: str = _text("", "Folder of the ordinary web site outside the door; empty for a page.")
    page: str = _text("", "Folder of the built web client; empty takes the one of this release.")
    log: str = _text("text", "Form of the log on standard error: `text` or `json`.")
    lines: int = _number(20_000, 1, 10_000_000, "Lines at one time, over all prefixes.")
    handshake_seconds: int = _number(5, 1, 60, "A connection must have become a line by then.")
    idle_seconds: int = _number(75, 5, 3600, "A line that sent nothing for so long is closed.")
    window: int = _number(32, 1, 64, "Unacknowledged deliveries of one mailbox.")
    mailbox_envelopes: int = _number(1000, 1, 1_000_000, "Envelopes that one mailbox holds.")
    mailbox_bytes: int = _number(
        16 * 1024 * 1024,
        65_536,
        2**40,
        "Bytes of envelopes that one mailbox holds in an empty database; as this fills, less.",
    )
    database_bytes: int = _number(
        8 * 1024 * 1024 * 1024, 2**24, 2**44, "Bytes that the database of mailboxes grows to."
    )
    envelope_days: int = _number(30, 1, 365, "An envelope nobody fetched is deleted after so long.")
    mailbox_weeks: int = _number(26, 1, 520, "A mailbox nobody used is deleted after so long.")
    invitation_days: int = _number(30, 1, 30, "The longest life of an invitation.")
    vouchers_only: bool = _flag(
        default=False,
        doc="Create mailboxes only for those who bring a voucher of this home, or who run it: over"
        " a loopback address, and through no proxy.",
    )
    grant_hours: int = _number(6, 1, 24, "How long one permission for a room is good.")
    lines_per_prefix: int = _number(
        256, 1, 10_000_000, "Lines of one address prefix (IPv4 /24, IPv6 /48)."
    )
    handshakes_per_prefix: int = _number(
        32,
        1,
        1_000_000,
        "Connections of one prefix that are not (yet) lines; then the longest idle one makes room.",
    )
    front_prefixes: int = _number(
        16, 1, 10_000, "How many prefixes' rations all people of one admitted front have together."
    )
    creations_per_hour: int = _number(
        120,
        1,
        10_000_000,
        "Mailboxes without voucher, vouchers and bundles of one prefix;"
        " half of it may come at once.",
    )
    grants_per_hour: int = _number(
        120,
        1,
        10_000_000,
        "Calls that the owner of one mailbox may begin; half of it may come at once.",
    )
    puts_per_second: int = _number(
        50,
        1,
        1_000_000,
        "Envelopes put and seats taken by one prefix; ten times as many may come at once.",
    )
    records_per_second: int = _number(
        20,
        1,
        1_000_000,
        "Requests of one line; thirty times as many may come at once, and of fifty times as many of"
        " one prefix those lines wait that ask most.",
    )
    room_packets: int = _number(120, 10, 2000, "Media messages a second of one seat.")
    room_kbit: int = _number(200, 10, 10_000, "Media of one seat, in kbit/s.")


_FIELDS: Final = {entry.name: entry for entry in fields(Settings)}


def read_settings(
    path: Path | None, overrides: Mapping[str, Value | None] | None = None
) -> Settings:
    """Read the file, then let `overrides` (None: not given) win.

    Raise `ConfigError` for an unknown key, a wrong type or a number out of range.
    """
    said: dict[str, object] = {}
    if path is not None:
        try:
            said.update(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"cannot read the settings in {path}: {error}") from error
    if overrides is not None:
        said.update((key, value) for key, value in overrides.items() if value is not None)
    values = {key: _checked(key, value) for key, value in said.items()}
    settings = Settings(**values)
    _check_together(settings)
    return settings


def given(assignments: Iterable[str], flags: Mapping[str, Value | None]) -> dict[str, Value]:
    """Read what a command line says of settings: `name=value` texts, and flags, which win.

    A flag that was not given (None) hides no assignment of the same setting. Raise `ConfigError`.
    """
    named = {name: value for name, value in flags.items() if value is not None}
    return {**dict(map(parse_assignment, assignments)), **named}


def parse_assignment(text: str) -> tuple[str, Value]:
    """Read `name=value` from a command line. Raise `ConfigError`."""
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals:
        raise ConfigError(f"{text!r} is no setting", next="write it as name=value")
    default = _field(key).default
    if isinstance(default, bool):
        if value not in {"true", "false"}:
            raise ConfigError(f"setting {key}: true or false, not {value!r}")
        return key, value == "true"
    if isinstance(default, int):
        try:
            return key, int(value)
        except ValueError:
            raise ConfigError(f"setting {key}: a whole number, not {value!r}") from None
    if isinstance(default, tuple):
        return key, tuple(part.strip() for part in value.split(",") if part.strip())
    return key, value


def nearest_key(key: str) -> str:
    """Return the known key that looks most like `key`."""
    return max(_FIELDS, key=lambda known: difflib.SequenceMatcher(None, key.lower(), known).ratio())


def _field(key: str) -> Any:
    if key not in _FIELDS:
        raise ConfigError(f"unknown setting {key!r}", next=f"did you mean {nearest_key(key)!r}?")
    return _FIELDS[key]


def _checked(key: str, value: object) -> Any:
    entry = _field(key)
    default: object = entry.default
    if isinstance(default, tuple):
        return _checked_texts(key, value)
    # bool is an int to Python, not to a person.
    if type(value) is not type(default):
        raise ConfigError(
            f"setting {key} is {_kind(default)}, not {_kind(value)}",
            next=f"its default is {default!r}",
        )
    if type(value) is int:
        low, high = entry.metadata["low"], entry.metadata["high"]
        if not low <= value <= high:
            raise ConfigError(f"setting {key} is {value}, must be from {low} to {high}")
    return value


def _checked_texts(key: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    items: list[object] = list(value) if isinstance(value, list | tuple) else [None]  # pyright: ignore[reportUnknownArgumentType]
    texts = tuple(item for item in items if isinstance(item, str))
    if len(texts) != len(items):
        raise ConfigError(f"setting {key} is a list of texts")
    return texts


def _check_together(settings: Settings) -> None:
    if settings.log not in {"text", "json"}:
        raise ConfigError(f"setting log is 'text' or 'json', not {settings.log!r}")
    if settings.tls and settings.tls != ("self-signed",) and len(settings.tls) != 2:
        raise ConfigError("setting tls takes a certificate file and a key file, or self-signed")
    if not all(
        port.isascii() and port.isdecimal() and int(port) < 65_536 for port in settings.more_ports
    ):
        raise ConfigError("setting more_ports is a list of port numbers")
    for address in settings.trusted_proxy:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise ConfigError(
                f"setting trusted_proxy: {address!r} is no address", next="write it as 127.0.0.1"
            ) from None
    if settings.site and not Path(settings.site).is_dir():
        raise ConfigError(f"setting site: there is no folder {settings.site}")


def _kind(value: object) -> str:
    for kind, words in ((bool, "true or false"), (int, "a whole number"), (str, "a text")):
        if isinstance(value, kind):
            return words
    return "something else"
