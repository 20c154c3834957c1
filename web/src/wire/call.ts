/**
 * The messages of a call (spec/call.md).
 *
 * What is signed stays bytes in `Signed.body`: hashes and signatures cover what was received.
 */

import { WireError } from "../errors";
import { type Bytes, concat } from "./bytes";
import { type Value, encode } from "./cbor";
import { ControlKind, HangupReason, RoomBody } from "./codes";
import { Fields } from "./fields";
import { GRANT_BYTES } from "./relay";
import { type Of, bytes, code, id, structure, uint, uints } from "./structure";

export const MODES_MOST = 8;
export const CALL_KEY_BYTES = 1216;
export const SEALED_SEED_BYTES = 1168;

export const CONTROL_BYTES = 256;

/** Only the smallest envelope fits into a room control. */
export const ENVELOPE_BYTES = 4096;

/** An encoded offer or answer body and its signature; nobody looks at the body before verifying. */
export const Signed = structure("signed", { body: bytes(0), signature: bytes(1, 64) });
export type Signed = Of<typeof Signed>;

/** Offer a call: keys, a commitment for the emoji, and a seat in a room (§1). */
export const OfferBody = structure(
  "offer",
  {
    callId: id(1),
    sA: bytes(2, 32),
    commitment: bytes(3, 32),
    kemKey: bytes(4, CALL_KEY_BYTES),
    modes: uints(5, MODES_MOST),
    grant: bytes(6, GRANT_BYTES),
    seatSecret: bytes(7, 16),
  },
  { versioned: true },
);
export type OfferBody = Of<typeof OfferBody>;

/** Answer a call: the sealed seed of its keys, and the callee's share of the emoji (§3). */
export const AnswerBody = structure(
  "answer",
  { callId: id(1), ct: bytes(2, SEALED_SEED_BYTES), nonceB: bytes(3, 32), mode: uint(4) },
  { versioned: true },
);
export type AnswerBody = Of<typeof AnswerBody>;

/** The call that a cancel, decline or busy means. */
export const CallRef = structure("call reference", { callId: id(0) });
export type CallRef = Of<typeof CallRef>;

/** End a call and say why. */
export const Hangup = structure("hangup", {
  callId: id(0),
  /** What a later release adds is an end like any other. */
  reason: code(1, HangupReason, HangupReason.HUNG_UP),
});
export type Hangup = Of<typeof Hangup>;

/** One thing said in the room, under a key of the call (§4); `seq` grows per direction and key. */
export type Control =
  | { readonly seq: number; readonly kind: Bare }
  | { readonly seq: number; readonly kind: WithValue; readonly value: Bytes }
  | { readonly seq: number; readonly kind: WithReason; readonly reason: HangupReason };

type WithValue =
  | typeof ControlKind.RINGING
  | typeof ControlKind.ALIVE
  | typeof ControlKind.REVEAL;
type WithReason = typeof ControlKind.HANGUP;
type Bare = Exclude<ControlKind, WithValue | WithReason>;

export const Control = {
  /** Encode the plaintext, without padding. */
  encode(control: Control): Bytes {
    const fields = new Map<number, Value>([
      [0, control.seq],
      [1, control.kind],
    ]);
    if ("value" in control) fields.set(2, control.value);
    if ("reason" in control) fields.set(3, control.reason);
    return encode(fields);
  },

  /** Decode the plaintext; value and reason are there exactly when the kind has them. */
  parseUntrusted(data: Bytes): Control {
    const fields = Fields.parseUntrusted(data, "control");
    return takeControlUntrusted(fields);
  },
};

function takeControlUntrusted(fields: Fields): Control {
  const [seq, kind] = [fields.uint(0), fields.code(1, ControlKind)];
  switch (kind) {
    case ControlKind.RINGING:
    case ControlKind.ALIVE:
      return { seq, kind, value: fields.bytes(2, 16) };
    case ControlKind.REVEAL:
      return { seq, kind, value: fields.bytes(2, 32) };
    case ControlKind.HANGUP:
      return { seq, kind, reason: fields.code(3, HangupReason, HangupReason.HUNG_UP) };
    case ControlKind.CANCEL:
    case ControlKind.DECLINE:
    case ControlKind.BUSY:
    case ControlKind.REVEAL_ACK:
    case ControlKind.MOVED:
      return { seq, kind };
  }
}

/** Put the kind in front of an envelope or a sealed control message. */
export function joinRoomBody(kind: RoomBody, content: Bytes): Bytes {
  return concat(Uint8Array.of(kind), content);
}

/** Split the body of a room control into its kind and content, whose size must fit. */
export function splitRoomBodyUntrusted(body: Bytes): readonly [RoomBody, Bytes] {
  const content = body.slice(1);
  if (body[0] === RoomBody.ENVELOPE && content.length === ENVELOPE_BYTES) {
    return [RoomBody.ENVELOPE, content];
  }
  if (body[0] === RoomBody.CONTROL && content.length === CONTROL_BYTES) {
    return [RoomBody.CONTROL, content];
  }
  throw new WireError(`a room control of ${body.length} bytes is neither envelope nor control`);
}
