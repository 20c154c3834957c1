/** What a call and its client know of each other (spec/call.md). */

import type { Clock } from "../platform/clock";
import type { CallEvent, EndReason, SendEnvelope } from "../protocol/callEvents";
import type { Callee } from "../protocol/callee";
import type { Caller } from "../protocol/caller";
import type { Bytes } from "../wire/bytes";
import type { Call } from "./call";
import type { MakeVoice, VoiceEvent } from "./callVoice";
import type { HomeLine } from "./line";
import type { Frugality, Step } from "./messages";

export type Machine = Caller | Callee;

/** Let the state machine take something in. */
export type MachineStep = (now: number) => CallEvent[] | Promise<CallEvent[]>;

/** How far a call is, as a screen shows it. */
export type Phase =
  /** A call comes in, and does not ring yet. */
  | { readonly kind: "asking" }
  | { readonly kind: "calling"; readonly step: Step }
  | { readonly kind: "incoming" }
  | { readonly kind: "connecting"; readonly step: Step }
  | { readonly kind: "talking"; readonly since: number }
  | { readonly kind: "ended"; readonly reason: EndReason; readonly durationS: number };

/** What a call needs of its client. */
export interface CallPost {
  /**
   * Seal and commit one body, start sending it, and give its envelope.
   *
   * Null when the contact was deleted or renewed in mid-call: there is nobody to tell.
   */
  sealForCall(call: Call, event: SendEnvelope): Promise<Bytes | null>;
  /** Take the copy of an envelope that came through the call's room. */
  cameThroughRoom(call: Call, envelope: Bytes): void;
  /** Forget the call; wait a moment for its last words to leave. */
  callEnded(call: Call): Promise<void>;
  /** Draw the call anew. */
  callChanged(call: Call): void;
  /** Pass on what only the screens want to know. */
  voiceTold(event: VoiceEvent): void;
  unexpected(error: unknown): void;
}

export interface CallMeans {
  readonly line: HomeLine;
  readonly clock: Clock;
  readonly post: CallPost;
  readonly makeVoice: MakeVoice;
  readonly frugality: Frugality;
}
