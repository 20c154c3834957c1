"""Who makes room when a prefix has as many connections as it may."""

from hamseda.protocol.quota import Payer
from hamseda.serve.unfinished import Slot, Unfinished

PREFIX = Payer(b"p")


class Places:
    """Be two places of each prefix, and the list of who lost one."""

    def __init__(self) -> None:
        self.unfinished = Unfinished(2)
        self.ended: list[str] = []

    def enter(self, name: str, payer: Payer = PREFIX) -> Slot:
        """Let a connection in."""
        slot = self.unfinished.enter(payer, lambda: self.ended.append(name))
        assert slot is not None
        return slot


def test_the_longest_idle_makes_room() -> None:
    """Who is only kept open must not keep a neighbour out (it was the newcomer who went)."""
    places = Places()
    first, second = places.enter("first"), places.enter("second")
    second.rest()
    first.rest()
    places.enter("third")
    assert places.ended == ["second"]


def test_who_is_answered_stays_before_who_is_idle() -> None:
    """A page that loads slowly must not be cut for a newcomer while another place is idle."""
    places = Places()
    first, second = places.enter("first"), places.enter("second")
    second.rest()
    first.rest()
    first.work()
    second.work()
    second.rest()
    places.enter("third")
    assert places.ended == ["second"]
    places.enter("fourth")
    assert places.ended == ["second", "first"]


def test_nobody_makes_himself_younger_by_asking() -> None:
    """Else a newcomer in the midst of TLS would be the oldest, and go first."""
    places = Places()
    first = places.enter("first")
    places.enter("newcomer")
    first.rest()
    first.work()
    places.enter("third")
    assert places.ended == ["first"]


def test_other_prefixes_lose_nothing() -> None:
    """Each pays for its own crowd."""
    places = Places()
    for name in ("a", "b"):
        places.enter(name).rest()
    for name in ("x", "y", "z"):
        places.enter(name, Payer(b"q"))
    assert places.ended == ["x"]


def test_a_front_without_places_has_none_to_give() -> None:
    """Its people together hold no more than its rations, whoever they are."""
    unfinished = Unfinished(1)
    for number in range(3):
        payer = Payer(bytes([number]), b"front", 3)
        assert unfinished.enter(payer, lambda: None) is not None
    assert unfinished.enter(Payer(b"one more", b"front", 3), lambda: None) is None


def test_slot_is_left_once() -> None:
    """A connection that becomes a line and then ends must not make room twice."""
    places = Places()
    slot = places.enter("first")
    slot.leave()
    slot.leave()
    places.enter("second")
    places.enter("third")
    assert places.ended == []
    slot.rest()
    places.enter("fourth")
    assert places.ended == ["second"]


def test_who_moves_leaves_the_old_place() -> None:
    """A connection through a front is not counted at the front's address any more."""
    places = Places()
    moved = places.enter("moved")
    assert moved.move_to(Payer(b"q"))
    for name in ("a", "b"):
        places.enter(name)
    assert places.ended == []
    moved.leave()
    for name in ("x", "y"):
        places.enter(name, Payer(b"q"))
    assert places.ended == []
