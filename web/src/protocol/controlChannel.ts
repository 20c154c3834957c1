/** Seal and open the small messages of a call that run through its room (spec/call.md §4). */

import type { Directional } from "../crypto/callKeys";
import { openControlUntrusted, sealControl } from "../crypto/control";
import type { Rng } from "../crypto/keySchedule";
import { WireError } from "../errors";
import type { Bytes } from "../wire/bytes";
import { Control, joinRoomBody } from "../wire/call";
import { ControlKind, RoomBody } from "../wire/codes";
import { type CallEvent, type SendEnvelope, sendControl } from "./callEvents";

export const MOVED_EVERY_SECONDS = 10;
const SALT_BYTES = 32;
const SEEN_MOST = 4096;

type Unnumbered<Message> = Message extends Control ? Omit<Message, "seq"> : never;

/** What can be said, before it has its number. */
export type ControlSaid = Unnumbered<Control>;

/**
 * Send and receive control messages under one pair of keys.
 *
 * A sequence number is taken once: `openUntrusted` gives null for a message seen before.
 */
export class ControlChannel {
  readonly #sendKey: Bytes;
  readonly #receiveKey: Bytes;
  readonly #callId: Bytes;
  readonly #rng: Rng;
  #sent = 0;
  readonly #seen = new Set<number>();
  #movedAt: number | null = null;

  private constructor(sendKey: Bytes, receiveKey: Bytes, callId: Bytes, rng: Rng) {
    this.#sendKey = sendKey;
    this.#receiveKey = receiveKey;
    this.#callId = callId;
    this.#rng = rng;
  }

  /** Make the caller's end. */
  static ofCaller(keys: Directional, callId: Bytes, rng: Rng): ControlChannel {
    return new ControlChannel(keys.aToB, keys.bToA, callId, rng);
  }

  /** Make the callee's end. */
  static ofCallee(keys: Directional, callId: Bytes, rng: Rng): ControlChannel {
    return new ControlChannel(keys.bToA, keys.aToB, callId, rng);
  }

  /** Seal one message as the body of a room control. */
  async seal(said: ControlSaid): Promise<Bytes> {
    this.#sent += 1;
    const plaintext = Control.encode({ seq: this.#sent, ...said });
    const sealed = await sealControl(
      this.#sendKey,
      this.#callId,
      plaintext,
      this.#rng(SALT_BYTES),
    );
    return joinRoomBody(RoomBody.CONTROL, sealed);
  }

  /** Say, at most every 10 s, that this side goes another way to the home. */
  async sayMoved(now: number): Promise<CallEvent[]> {
    if (this.#movedAt !== null && now < this.#movedAt + MOVED_EVERY_SECONDS) return [];
    this.#movedAt = now;
    return [sendControl(await this.seal({ kind: ControlKind.MOVED }))];
  }

  /** Open one message (without the leading body byte); null when it was seen before. */
  async openUntrusted(sealed: Bytes): Promise<Control | null> {
    const plaintext = await openControlUntrusted(this.#receiveKey, this.#callId, sealed);
    const control = Control.parseUntrusted(plaintext);
    if (this.#seen.has(control.seq)) return null;
    if (this.#seen.size >= SEEN_MOST) {
      throw new WireError("more control messages than a call can need");
    }
    this.#seen.add(control.seq);
    return control;
  }
}

/** A channel and what may come through it. */
export interface Listening {
  readonly channel: ControlChannel | null;
  readonly kinds: ReadonlySet<number>;
}

/**
 * Open a control body with whichever key fits; null for a copy or a kind that has no place there.
 *
 * What no key of the call opens is `WireError`.
 */
export async function openWithUntrusted(
  channels: readonly Listening[],
  sealed: Bytes,
): Promise<Control | null> {
  for (const { channel, kinds } of channels) {
    if (channel === null) continue;
    try {
      const control = await channel.openUntrusted(sealed);
      return control !== null && kinds.has(control.kind) ? control : null;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }
  throw new WireError("a room control that no key of this call opens");
}

/** Say a last word through the room, where there is a key for it, and by envelope. */
export async function sayBothWays(
  channel: ControlChannel | null,
  said: ControlSaid,
  envelope: SendEnvelope,
): Promise<CallEvent[]> {
  return channel === null ? [envelope] : [sendControl(await channel.seal(said)), envelope];
}
