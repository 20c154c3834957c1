"""Say in words what a person must know to stay safe: the closed list of security notices.

The page has the same list (web/src/worker/notices.ts), and docs/reference/events.md names it.
"""

from __future__ import annotations

from enum import StrEnum

from hamseda.client.events import Notice
from hamseda.protocol.contact import out_of_step


class Security(StrEnum):
    """Name what can happen to a person's safety outside the sound of a call."""

    REPLACED = "replaced"
    """Somebody else reads a mailbox of this profile with its keys."""
    LINK_USED_TWICE = "link_used_twice"
    OFFER_UNSIGNED = "offer_unsigned"
    """A call in a contact's name, by somebody who has the ratchet and not the identity."""
    ENVELOPE_ALTERED = "envelope_altered"
    KEY_CHANGED = "key_changed"
    """A verified name came back with another key."""
    OUT_OF_STEP = "out_of_step"


_WORDS = {
    Security.REPLACED: (
        "another program reads the mailbox of {} with your keys: calls may ring there, not here",
        "stop the other one and start this again; if you do not know it, invite each other anew",
    ),
    Security.LINK_USED_TWICE: (
        "the link for {} was used more than once",
        "compare the five words in your first call; if they differ, invite again",
    ),
    Security.OFFER_UNSIGNED: (
        "a call in the name of {} was not signed by them: it was refused",
        "invite {} again, by another way",
    ),
    Security.ENVELOPE_ALTERED: (
        "a message in the name of {} was damaged or altered on its way",
        "if this comes again, invite each other anew, at another home",
    ),
    Security.KEY_CHANGED: (
        "{}, whom you had verified, has another key: a new device, or somebody else",
        "compare the five words in the next call before you say anything private",
    ),
}


def notice(name: Security, contact: str) -> Notice:
    """Make the event of a notice about a contact."""
    if name is Security.OUT_OF_STEP:
        error = out_of_step(contact)
        return Notice(name.value, contact, str(error), error.next)
    words, step = _WORDS[name]
    return Notice(name.value, contact, words.format(contact), step.format(contact))
