/** What a call's state machines want done, and how a call can end (spec/call.md). */

import type { Bytes } from "../wire/bytes";
import type { BodyKind } from "../wire/codes";

/** Why a call ended; the closed list of spec/failures.md. */
export type EndReason =
  | "hangup"
  | "remote_hangup"
  | "cancelled"
  | "declined"
  | "busy"
  | "away"
  | "no_answer"
  | "full"
  | "lost"
  | "unreachable"
  | "alarm"
  | "altered"
  | "out_of_step"
  | "answered_elsewhere"
  | "failed";

/** Seal this body in the contact channel, for the mailbox and perhaps the room as well. */
export interface SendEnvelope {
  readonly event: "sendEnvelope";
  readonly kind: BodyKind;
  readonly body: Bytes;
  readonly inRoom: boolean;
}

/** Send this body to the other seat of the room; losing it does no harm. */
export interface SendControl {
  readonly event: "sendControl";
  readonly body: Bytes;
}

/** Far away: the other phone rings. Here: ring now. */
export interface Rang {
  readonly event: "rang";
}

/** Frames may flow both ways from now on, under these RFC 9605 base keys. */
export interface MediaOpened {
  readonly event: "mediaOpened";
  readonly sendKey: Bytes;
  readonly receiveKey: Bytes;
}

/** Both sides hold the reveal: show the emoji. */
export interface SasReady {
  readonly event: "sasReady";
  readonly indices: readonly number[];
}

/** The other side goes another way to the home; which one is its own affair. */
export interface Moved {
  readonly event: "moved";
}

/** The call is over and its keys are gone. */
export interface Ended {
  readonly event: "ended";
  readonly reason: EndReason;
}

export type CallEvent =
  | SendEnvelope
  | SendControl
  | Rang
  | MediaOpened
  | SasReady
  | Moved
  | Ended;

/** Ask for an envelope. */
export function sendEnvelope(kind: BodyKind, body: Bytes, inRoom = false): SendEnvelope {
  return { event: "sendEnvelope", kind, body, inRoom };
}

/** Ask for a control message in the room. */
export function sendControl(body: Bytes): SendControl {
  return { event: "sendControl", body };
}
