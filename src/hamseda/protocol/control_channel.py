"""Seal and open the small messages of a call that run through its room (spec/call.md §4)."""

from __future__ import annotations

from hamseda.crypto.call_keys import Directional
from hamseda.crypto.control import open_control_untrusted, seal_control
from hamseda.crypto.key_schedule import Rng
from hamseda.errors import WireError
from hamseda.protocol.call_events import CallEvent, SendControl, SendEnvelope
from hamseda.wire.call import Control, join_room_body
from hamseda.wire.codes import ControlKind, HangupReason, RoomBody

MOVED_EVERY_SECONDS = 10.0
_SALT_BYTES = 32
_SEEN_MOST = 4096


class ControlChannel:
    """Send and receive control messages under one pair of keys.

    A sequence number is taken once: `open_untrusted` returns None for a message seen before.
    """

    def __init__(self, send_key: bytes, receive_key: bytes, call_id: bytes, rng: Rng) -> None:
        self._send_key = send_key
        self._receive_key = receive_key
        self._call_id = call_id
        self._rng = rng
        self._sent = 0
        self._seen: set[int] = set()
        self._moved_at: float | None = None

    @classmethod
    def of_caller(cls, keys: Directional, call_id: bytes, rng: Rng) -> ControlChannel:
        """Make the caller's end."""
        return cls(keys.a_to_b, keys.b_to_a, call_id, rng)

    @classmethod
    def of_callee(cls, keys: Directional, call_id: bytes, rng: Rng) -> ControlChannel:
        """Make the callee's end."""
        return cls(keys.b_to_a, keys.a_to_b, call_id, rng)

    def seal(
        self, kind: ControlKind, value: bytes | None = None, reason: HangupReason | None = None
    ) -> bytes:
        """Seal one message as the body of a room control."""
        self._sent += 1
        plaintext = Control(self._sent, kind, value, reason).encode()
        salt = self._rng(_SALT_BYTES)
        sealed = seal_control(self._send_key, self._call_id, plaintext, salt)
        return join_room_body(RoomBody.CONTROL, sealed)

    def say_moved(self, now: float) -> list[CallEvent]:
        """Say, at most every 10 s, that this side goes another way to the home."""
        if self._moved_at is not None and now < self._moved_at + MOVED_EVERY_SECONDS:
            return []
        self._moved_at = now
        return [SendControl(self.seal(ControlKind.MOVED))]

    def open_untrusted(self, sealed: bytes) -> Control | None:
        """Open one message (without the leading body byte); None when it was seen before."""
        plaintext = open_control_untrusted(self._receive_key, self._call_id, sealed)
        control = Control.parse_untrusted(plaintext)
        if control.seq in self._seen:
            return None
        if len(self._seen) >= _SEEN_MOST:
            raise WireError("more control messages than a call can need")
        self._seen.add(control.seq)
        return control


def open_with_any_untrusted(
    sealed: bytes, *channels: tuple[ControlChannel | None, frozenset[ControlKind]]
) -> Control | None:
    """Open a message with the first channel that can; `WireError` when none does.

    Each channel is good for some kinds only: what is meant for one key says nothing under another.
    None for a message seen before, and for a kind that its channel does not carry.
    """
    for channel, kinds in channels:
        if channel is None:
            continue
        try:
            control = channel.open_untrusted(sealed)
        except WireError:
            continue
        return control if control is not None and control.kind in kinds else None
    raise WireError("a room control that no key of this call opens")


def say_both_ways(
    channel: ControlChannel | None,
    kind: ControlKind,
    envelope: SendEnvelope,
    reason: HangupReason | None = None,
) -> list[CallEvent]:
    """Say a last word through the room, where there is a key for it, and by envelope."""
    if channel is None:
        return [envelope]
    return [SendControl(channel.seal(kind, reason=reason)), envelope]
