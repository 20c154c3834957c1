/** Decide what a callee does, from a fresh offer to the end (spec/call.md). No clock, no socket. */

import {
  type CallKeys,
  type Parties,
  callSecret,
  checkRevealUntrusted,
  ringKeys,
  sealCallSeed,
  signAnswer,
  verifyOfferUntrusted,
} from "../crypto/callKeys";
import { EMPTY, type Rng, h } from "../crypto/keySchedule";
import { sasIndices } from "../crypto/sas";
import type { SigningKey } from "../crypto/signatures";
import { WireError } from "../errors";
import { type Bytes, equal } from "../wire/bytes";
import { AnswerBody, CallRef, type Control, Hangup, type OfferBody, Signed } from "../wire/call";
import { BodyKind, ControlKind, HangupReason } from "../wire/codes";
import { type CallEvent, type EndReason, sendControl, sendEnvelope } from "./callEvents";
import { LOST_SECONDS, RING_SECONDS, SILENT_SECONDS, remoteReason } from "./caller";
import { ControlChannel, openWithUntrusted, sayBothWays } from "./controlChannel";

export const RINGING_EVERY_SECONDS = 1;
export const REVEAL_SECONDS = 5;
const NONCE_BYTES = 32;
const PROOF_BYTES = 16;

const RING_KINDS = new Set<number>([ControlKind.ALIVE, ControlKind.CANCEL]);
const SIGNALLING_KINDS = new Set<number>([
  ControlKind.REVEAL,
  ControlKind.HANGUP,
  ControlKind.MOVED,
]);

type State = "asking" | "ringing" | "talking" | "ended";

/** What came, and who it came to. */
export interface CalleeMeans {
  readonly parties: Parties;
  readonly identity: SigningKey;
  readonly offer: Bytes;
  /** Seconds, as the home reports it; an offer older than 45 s never gets here. */
  readonly age: number;
}

/** The called side of one call. Feed in what arrives, one thing after another. */
export class Callee {
  readonly role = "callee";
  readonly parties: Parties;
  readonly callId: Bytes;
  readonly grant: Bytes;
  readonly seatSecret: Bytes;
  readonly modes: readonly number[];
  readonly offerRank: Bytes;
  /** When the offer is too old to ring or to be answered. */
  readonly giveUpAt: number;
  readonly #identity: SigningKey;
  readonly #offer: Bytes;
  readonly #commitment: Bytes;
  readonly #kemKey: Bytes;
  readonly #rng: Rng;
  readonly #proof: Bytes;
  #sA: Bytes;
  #nB: Bytes;
  #ring: ControlChannel | null;
  #signalling: ControlChannel | null = null;
  #keys: CallKeys | null = null;
  #state: State = "asking";
  #askAt: number;
  #heardAt: number;
  #revealBy: number | null = null;
  #isRevealed = false;
  #wasMissed = false;

  private constructor(means: CalleeMeans, body: OfferBody, rng: Rng, now: number) {
    this.parties = means.parties;
    this.callId = body.callId;
    this.grant = body.grant;
    this.seatSecret = body.seatSecret;
    this.modes = body.modes;
    this.offerRank = h(Signed.parseUntrusted(means.offer).body);
    this.giveUpAt = now + RING_SECONDS - means.age;
    this.#identity = means.identity;
    this.#offer = means.offer;
    this.#commitment = body.commitment;
    this.#kemKey = body.kemKey;
    this.#rng = rng;
    this.#sA = body.sA;
    this.#nB = rng(NONCE_BYTES);
    this.#proof = rng(PROOF_BYTES);
    this.#ring = ControlChannel.ofCallee(ringKeys(body.sA, means.offer), body.callId, rng);
    this.#askAt = now;
    this.#heardAt = now;
  }

  /** Take an offer; `WireError` when its signature or shape is not right. */
  static async takeUntrusted(means: CalleeMeans, rng: Rng, now: number): Promise<Callee> {
    return new Callee(means, await verifyOfferUntrusted(means.parties, means.offer), rng, now);
  }

  get isOver(): boolean {
    return this.#state === "ended";
  }

  /** Tell whether a person may answer now. */
  get isRinging(): boolean {
    return this.#state === "ringing";
  }

  /** Tell whether the call was answered and goes on. */
  get isTalking(): boolean {
    return this.#state === "talking";
  }

  /** It ended before anybody here answered or declined. */
  get wasMissed(): boolean {
    return this.#wasMissed;
  }

  /** Tell whether this call talks and nothing of the caller was heard for half a second. */
  isSilent(now: number): boolean {
    return this.isTalking && now - this.#heardAt >= SILENT_SECONDS;
  }

  /** Ask over the room whether the caller is still there; ring only when he is. */
  begin(now: number): Promise<CallEvent[]> {
    return this.expire(now);
  }

  /** Tell the other side, not too often, that this one goes another way to the home. */
  async moved(now: number): Promise<CallEvent[]> {
    return this.#signalling === null ? [] : this.#signalling.sayMoved(now);
  }

  /** Take one sealed control body out of the room. */
  async controlUntrusted(sealed: Bytes, now: number): Promise<CallEvent[]> {
    const control = await this.#openedUntrusted(sealed);
    if (control === null || this.#state === "ended") return [];
    this.#heardAt = now;
    switch (control.kind) {
      case ControlKind.ALIVE:
        if (this.#state !== "asking" || !equal(control.value, this.#proof)) return [];
        this.#state = "ringing";
        return [{ event: "rang" }];
      case ControlKind.CANCEL:
        return this.cancelled();
      case ControlKind.REVEAL:
        return this.#revealedUntrusted(control.value);
      case ControlKind.HANGUP:
        return this.hungUp(control.reason);
      case ControlKind.MOVED:
        return [{ event: "moved" }];
      case ControlKind.RINGING:
      case ControlKind.DECLINE:
      case ControlKind.BUSY:
      case ControlKind.REVEAL_ACK:
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

  async #revealedUntrusted(nA: Bytes): Promise<CallEvent[]> {
    const [keys, signalling] = [this.#keys, this.#signalling];
    if (keys === null || signalling === null) return [];
    try {
      checkRevealUntrusted(this.callId, nA, this.#commitment);
    } catch (error) {
      if (error instanceof WireError) return this.#sayEnd("alarm", HangupReason.ALARM);
      throw error;
    }
    const ack = sendControl(await signalling.seal({ kind: ControlKind.REVEAL_ACK }));
    if (this.#isRevealed) return [ack];
    this.#isRevealed = true;
    this.#revealBy = null;
    const indices = sasIndices(nA, this.#nB, keys.transcript, keys.context);
    return [ack, { event: "sasReady", indices }];
  }

  /** Answer: a person wants to talk. Nothing happens unless the call rings. */
  async answer(mode: number, now: number): Promise<CallEvent[]> {
    if (this.#state !== "ringing") return [];
    const { sid, idCaller, idCallee } = this.parties;
    const seed = this.#rng(NONCE_BYTES);
    const ct = await sealCallSeed(this.#kemKey, seed, sid, this.#offer);
    const body = AnswerBody.encode({ callId: this.callId, ct, nonceB: this.#nB, mode });
    const answer = await signAnswer(this.#identity, this.parties, this.#offer, body);
    const keys = callSecret(seed, this.#sA, this.#offer, answer, sid, idCaller, idCallee);
    this.#keys = keys;
    this.#signalling = ControlChannel.ofCallee(keys.sig, this.callId, this.#rng);
    this.#state = "talking";
    this.#heardAt = now;
    return [
      sendEnvelope(BodyKind.ANSWER, answer, true),
      { event: "mediaOpened", sendKey: keys.sframe.bToA, receiveKey: keys.sframe.aToB },
    ];
  }

  /** Note that an authentic frame came; the reveal is due 5 s after the first. */
  heard(now: number): void {
    this.#heardAt = now;
    if (this.#revealBy === null && !this.#isRevealed) this.#revealBy = now + REVEAL_SECONDS;
  }

  /** Say no. */
  decline(): Promise<CallEvent[]> {
    return this.#sayNo("declined", ControlKind.DECLINE, BodyKind.DECLINE);
  }

  /** Say that this side is in another call. */
  busy(): Promise<CallEvent[]> {
    return this.#sayNo("busy", ControlKind.BUSY, BodyKind.BUSY);
  }

  /** Take the caller's `cancel`, which may have crossed with our answer. */
  cancelled(): CallEvent[] {
    return this.#end("cancelled");
  }

  /** End a call whose caller has lost it: he is calling anew. */
  left(): CallEvent[] {
    return this.isTalking ? this.#end("lost") : this.cancelled();
  }

  /** Take the caller's `hangup`. */
  hungUp(reason: HangupReason): CallEvent[] {
    return this.#end(remoteReason(reason));
  }

  /** End the call from this side; before the answer this declines it. */
  hangUp(): Promise<CallEvent[]> {
    return this.isTalking ? this.#sayEnd("hangup", HangupReason.HUNG_UP) : this.decline();
  }

  /** End the call for a reason outside of it, telling the other side. */
  fail(reason: EndReason): Promise<CallEvent[]> {
    return this.#sayEnd(reason, HangupReason.FAILED);
  }

  /** Give the moment by which `expire` must be called. */
  nextDeadline(): number {
    switch (this.#state) {
      case "asking":
        return Math.min(this.#askAt, this.giveUpAt);
      case "talking": {
        const lostAt = this.#heardAt + LOST_SECONDS;
        return this.#revealBy === null ? lostAt : Math.min(lostAt, this.#revealBy);
      }
      case "ringing":
      case "ended":
        return this.giveUpAt;
    }
  }

  /** Do what is due. */
  async expire(now: number): Promise<CallEvent[]> {
    switch (this.#state) {
      case "asking":
        return now >= this.giveUpAt ? this.cancelled() : this.#ask(now);
      case "ringing":
        return now >= this.giveUpAt ? this.cancelled() : [];
      case "talking":
        if (this.#revealBy !== null && now >= this.#revealBy) {
          return this.#sayEnd("alarm", HangupReason.ALARM);
        }
        return now >= this.#heardAt + LOST_SECONDS
          ? this.#sayEnd("lost", HangupReason.LOST)
          : [];
      case "ended":
        return [];
    }
  }

  async #ask(now: number): Promise<CallEvent[]> {
    if (now < this.#askAt || this.#ring === null) return [];
    this.#askAt = now + RINGING_EVERY_SECONDS;
    const said = { kind: ControlKind.RINGING, value: this.#proof } as const;
    return [sendControl(await this.#ring.seal(said))];
  }

  async #sayNo(
    reason: EndReason,
    control: typeof ControlKind.DECLINE | typeof ControlKind.BUSY,
    kind: BodyKind,
  ): Promise<CallEvent[]> {
    if (this.#state !== "asking" && this.#state !== "ringing") return [];
    const envelope = sendEnvelope(kind, CallRef.encode({ callId: this.callId }));
    const said = await sayBothWays(this.#ring, { kind: control }, envelope);
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
    this.#wasMissed = this.#state !== "talking" && reason !== "declined";
    this.#state = "ended";
    this.#ring = this.#signalling = this.#keys = this.#revealBy = null;
    this.#sA.fill(0);
    this.#nB.fill(0);
    this.#sA = this.#nB = EMPTY;
    return [{ event: "ended", reason }];
  }
}
