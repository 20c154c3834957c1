"""Open stolen profiles: read their keys, or plant other ones."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hamseda.client.profile import Kind, Profile
from hamseda.crypto.signatures import SigningKey
from hamseda.protocol.contact import Contact, decode_contact


def contact_of(profile: Path) -> Contact:
    """Read the one contact of a profile that no process uses."""
    opened = Profile.open(profile)
    try:
        (contact,) = [decode_contact(value) for _, value in opened.items(Kind.CONTACT)]
    finally:
        opened.close()
    return contact


def copied(profile: Path, copy: Path) -> Path:
    """Copy a whole profile, as a thief or a backup does; what stood at `copy` is gone."""
    shutil.rmtree(copy, ignore_errors=True)
    return shutil.copytree(profile, copy)


def change_contact(profile: Path, change: Callable[[Contact], Contact]) -> None:
    """Write another record for the one contact of a profile."""
    changed = change(contact_of(profile))
    opened = Profile.open(profile)
    try:
        with opened.transaction() as transaction:
            transaction.put(Kind.CONTACT, changed.id, changed.encode())
    finally:
        opened.close()


def without_identity(contact: Contact) -> Contact:
    """Keep all that the ratchet knows, but put another identity key in the place of theirs."""
    return replace(contact, identity_seed=SigningKey(secrets.token_bytes(32)).seed)
