/** Decide what a caller does, from the offer to the end (spec/call.md). No clock, no socket. */

import {
  type CallKeys,
  type Parties,
  callSecret,
  commitment,
  openCallSeedUntrusted,
  ringKeys,
  signOffer,
  verifyAnswerUntrusted,
} from "../crypto/callKeys";
import { type KemKeyPair, keyPair } from "../crypto/kem";
import { EMPTY, type Rng, h } from "../crypto/keySchedule";
import { sasIndices } from "../crypto/sas";
import type { SigningKey } from "../crypto/signatures";
import { WireError } from "../errors";
import { type Bytes, equal } from "../wire/bytes";
import { AnswerBody, CallRef, type Control, Hangup, OfferBody, Signed } from "../wire/call";
import { BodyKind, ControlKind, HangupReason } from "../wire/codes";
import { type CallEvent, type EndReason, sendControl, sendEnvelope } from "./callEvents";
import { ControlChannel, openWithUntrusted, sayBothWays } from "./controlChannel";

export const RING_SECONDS = 45;
export const LOST_SECONDS = 90;
export const SILENT_SECONDS = 0.5;
export const REVEAL_EVERY_SECONDS = 0.5;
const CALL_ID_BYTES = 16;
const SECRET_BYTES = 32;

const RING_KINDS = new Set<number>([ControlKind.RINGING, ControlKind.DECLINE, ControlKind.BUSY]);
const SIGNALLING_KINDS = new Set<number>([
  ControlKind.REVEAL_ACK,
  ControlKind.HANGUP,
  ControlKind.MOVED,
]);

type State = "offered" | "ringing" | "talking" | "ended";

/** What somebody who calls brings along. */
export interface CallerMeans {
  readonly parties: Parties;
  readonly identity: SigningKey;
  readonly grant: Bytes;
  /** Opens seat 1, which is the callee's. */
  readonly seatSecret: Bytes;
  readonly mode: number;
}

interface Made {
  readonly callId: Bytes;
  readonly sA: Bytes;
  readonly nA: Bytes;
  readonly pair: KemKeyPair;
  readonly offer: Bytes;
  readonly offerRank: Bytes;
}

/**
 * The calling side of one call.
 *
 * Feed in what arrives, one thing after another, and act on the events that come out; call `expire`
 * no later than `nextDeadline`. Secrets live in this object only and are dropped at the end.
 */
export class Caller {
  readonly role = "caller";
  readonly parties: Parties;
  readonly callId: Bytes;
  readonly offer: Bytes;
  /** Decides who yields when both call each other: the smaller wins (spec/call.md §6). */
  readonly offerRank: Bytes;
  readonly #mode: number;
  readonly #rng: Rng;
  #sA: Bytes;
  #nA: Bytes;
  #pair: KemKeyPair | null;
  #ring: ControlChannel | null;
  #signalling: ControlChannel | null = null;
  #state: State = "offered";
  #giveUpAt: number;
  #heardAt: number;
  #revealAt: number | null = null;
  #sas: readonly number[] = [];

  private constructor({ parties, mode }: CallerMeans, made: Made, rng: Rng, now: number) {
    this.parties = parties;
    this.#mode = mode;
    this.callId = made.callId;
    this.offer = made.offer;
    this.offerRank = made.offerRank;
    this.#rng = rng;
    this.#sA = made.sA;
    this.#nA = made.nA;
    this.#pair = made.pair;
    this.#ring = ControlChannel.ofCaller(ringKeys(made.sA, made.offer), made.callId, rng);
    this.#giveUpAt = now + RING_SECONDS;
    this.#heardAt = now;
  }

  /** Make the keys of a call and sign its offer. */
  static async make(means: CallerMeans, rng: Rng, now: number): Promise<Caller> {
    const { parties, identity, grant, seatSecret, mode } = means;
    const callId = rng(CALL_ID_BYTES);
    const [sA, nA] = [rng(SECRET_BYTES), rng(SECRET_BYTES)];
    const pair = await keyPair(rng(SECRET_BYTES));
    const body = OfferBody.encode({
      callId,
      sA,
      commitment: commitment(callId, nA),
      kemKey: pair.publicKey,
      modes: [mode],
      grant,
      seatSecret,
    });
    const offer = await signOffer(identity, parties, body);
    return new Caller(means, { callId, sA, nA, pair, offer, offerRank: h(body) }, rng, now);
  }

  get isOver(): boolean {
    return this.#state === "ended";
  }

  /** Tell whether frames may flow. */
  get isTalking(): boolean {
    return this.#state === "talking";
  }

  /** Tell whether this call talks and nothing of the callee was heard for half a second. */
  isSilent(now: number): boolean {
    return this.isTalking && now - this.#heardAt >= SILENT_SECONDS;
  }

  /** Tell the other side, not too often, that this one goes another way to the home. */
  async moved(now: number): Promise<CallEvent[]> {
    return this.#signalling === null ? [] : this.#signalling.sayMoved(now);
  }

  /** Send the offer. */
  begin(): CallEvent[] {
    return [sendEnvelope(BodyKind.OFFER, this.offer)];
  }

  /** Take one sealed control body out of the room. */
  async controlUntrusted(sealed: Bytes, now: number): Promise<CallEvent[]> {
    const control = await this.#openedUntrusted(sealed);
    if (control === null || this.#state === "ended") return [];
    this.#heardAt = now;
    switch (control.kind) {
      case ControlKind.RINGING:
        return this.#alive(control.value);
      case ControlKind.DECLINE:
        return this.#end("declined");
      case ControlKind.BUSY:
        return this.#end("busy");
      case ControlKind.REVEAL_ACK:
        if (this.#revealAt === null) return [];
        this.#revealAt = null;
        return [{ event: "sasReady", indices: this.#sas }];
      case ControlKind.HANGUP:
        return this.#signalling === null ? [] : this.#end(remoteReason(control.reason));
      case ControlKind.MOVED:
        return [{ event: "moved" }];
      case ControlKind.ALIVE:
      case ControlKind.CANCEL:
      case ControlKind.REVEAL:
        return [];
    }
  }

  #openedUntrusted(sealed: Bytes): Promise<Control | null> {
    return openWithUntrusted(
      [
        { channel: this.#ring, kinds: RING_KINDS },
        { channel: this.#signalling, kinds: SIGNALLING_KINDS },
      ],
      sealed,
    );
  }

  async #alive(proof: Bytes): Promise<CallEvent[]> {
    if (this.#ring === null || this.#state === "talking") return [];
    const alive = sendControl(await this.#ring.seal({ kind: ControlKind.ALIVE, value: proof }));
    if (this.#state !== "offered") return [alive];
    this.#state = "ringing";
    return [alive, { event: "rang" }];
  }

  /**
   * Take the callee's signed answer; only the first valid one counts.
   *
   * An answer for this call that does not verify ends it: somebody altered it. One that names
   * another call is ignored: it crossed with the cancel of that call.
   */
  async answerUntrusted(answer: Bytes, now: number): Promise<CallEvent[]> {
    const pair = this.#pair;
    if ((this.#state !== "offered" && this.#state !== "ringing") || pair === null) return [];
    if (answersAnotherCall(answer, this.callId)) return [];
    let nonceB: Bytes;
    let seed: Bytes;
    try {
      const body = await verifyAnswerUntrusted(this.parties, this.offer, answer);
      if (body.mode !== this.#mode) {
        throw new WireError("an answer in a mode that was not offered");
      }
      nonceB = body.nonceB;
      seed = await openCallSeedUntrusted(pair, body.ct, this.parties.sid, this.offer);
    } catch (error) {
      if (error instanceof WireError) return this.#sayEnd("altered", HangupReason.ALARM);
      throw error;
    }
    const { sid, idCaller, idCallee } = this.parties;
    const keys = callSecret(seed, this.#sA, this.offer, answer, sid, idCaller, idCallee);
    this.#pair = null;
    this.#state = "talking";
    this.#heardAt = now;
    this.#revealAt = now;
    return [this.#openMedia(keys, nonceB), ...(await this.expire(now))];
  }

  #openMedia(keys: CallKeys, nonceB: Bytes): CallEvent {
    this.#signalling = ControlChannel.ofCaller(keys.sig, this.callId, this.#rng);
    this.#sas = sasIndices(this.#nA, nonceB, keys.transcript, keys.context);
    return { event: "mediaOpened", sendKey: keys.sframe.aToB, receiveKey: keys.sframe.bToA };
  }

  /** Take note that something which may have been the answer cannot be opened. */
  async altered(): Promise<CallEvent[]> {
    return this.isTalking ? [] : this.#sayEnd("altered", HangupReason.ALARM);
  }

  /** Drop this call without a word: theirs won (spec/call.md §6). */
  giveWay(): void {
    this.#end("cancelled");
  }

  /** Note that an authentic frame came. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** Take the callee's `decline` out of an envelope. */
  declined(): CallEvent[] {
    return this.isTalking ? [] : this.#end("declined");
  }

  /** Take the callee's `busy` out of an envelope. */
  busy(): CallEvent[] {
    return this.isTalking ? [] : this.#end("busy");
  }

  /** End a call that the other side has lost: it is calling anew. */
  left(): CallEvent[] {
    return this.#end("lost");
  }

  /** Take the callee's `hangup` out of an envelope. */
  hungUp(reason: HangupReason): CallEvent[] {
    return this.#end(remoteReason(reason));
  }

  /** End the call from this side: before the answer this cancels it. */
  hangUp(): Promise<CallEvent[]> {
    return this.isTalking
      ? this.#sayEnd("hangup", HangupReason.HUNG_UP)
      : this.#sayCancel("cancelled");
  }

  /** End the call for a reason outside of it, telling the other side. */
  fail(reason: EndReason): Promise<CallEvent[]> {
    return this.isTalking ? this.#sayEnd(reason, HangupReason.FAILED) : this.#sayCancel(reason);
  }

  /** Give the moment by which `expire` must be called. */
  nextDeadline(): number {
    if (!this.isTalking) return this.#giveUpAt;
    const lostAt = this.#heardAt + LOST_SECONDS;
    return this.#revealAt === null ? lostAt : Math.min(lostAt, this.#revealAt);
  }

  /** Do what is due. */
  async expire(now: number): Promise<CallEvent[]> {
    switch (this.#state) {
      case "offered":
        return now >= this.#giveUpAt ? this.#sayCancel("away") : [];
      case "ringing":
        return now >= this.#giveUpAt ? this.#sayCancel("no_answer") : [];
      case "talking":
        return this.#expireTalking(now);
      case "ended":
        return [];
    }
  }

  async #expireTalking(now: number): Promise<CallEvent[]> {
    if (now >= this.#heardAt + LOST_SECONDS) return this.#sayEnd("lost", HangupReason.LOST);
    if (this.#revealAt === null || now < this.#revealAt || this.#signalling === null) return [];
    this.#revealAt = now + REVEAL_EVERY_SECONDS;
    return [
      sendControl(await this.#signalling.seal({ kind: ControlKind.REVEAL, value: this.#nA })),
    ];
  }

  async #sayCancel(reason: EndReason): Promise<CallEvent[]> {
    if (this.#state === "ended") return [];
    const envelope = sendEnvelope(BodyKind.CANCEL, CallRef.encode({ callId: this.callId }));
    const said = await sayBothWays(this.#ring, { kind: ControlKind.CANCEL }, envelope);
    return [...said, ...this.#end(reason)];
  }

  async #sayEnd(reason: EndReason, code: HangupReason): Promise<CallEvent[]> {
    if (this.#state === "ended") return [];
    const hangup = Hangup.encode({ callId: this.callId, reason: code });
    const said = await sayBothWays(
      this.#signalling,
      { kind: ControlKind.HANGUP, reason: code },
      sendEnvelope(BodyKind.HANGUP, hangup),
    );
    return [...said, ...this.#end(reason)];
  }

  #end(reason: EndReason): CallEvent[] {
    if (this.#state === "ended") return [];
    this.#state = "ended";
    this.#pair = this.#ring = this.#signalling = this.#revealAt = null;
    this.#sA.fill(0);
    this.#nA.fill(0);
    this.#sA = this.#nA = EMPTY;
    return [{ event: "ended", reason }];
  }
}

/** Say what a hangup of the other side means here. */
export function remoteReason(code: HangupReason): EndReason {
  switch (code) {
    case HangupReason.ALARM:
      return "alarm";
    case HangupReason.LOST:
      return "lost";
    case HangupReason.HUNG_UP:
    case HangupReason.FAILED:
      return "remote_hangup";
  }
}

/** Look at the name before the signature: all that depends on it is whether to look further. */
function answersAnotherCall(answer: Bytes, callId: Bytes): boolean {
  try {
    const said = AnswerBody.parseUntrusted(Signed.parseUntrusted(answer).body).callId;
    return !equal(said, callId);
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}
