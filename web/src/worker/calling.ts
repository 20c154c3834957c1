/** Place calls and take them: one at a time, whoever called first (spec/call.md). */

import type { Parties } from "../crypto/callKeys";
import { seatHash } from "../crypto/grants";
import { type Rng, sha256 } from "../crypto/keySchedule";
import { SigningKey } from "../crypto/signatures";
import { UsageError, WireError } from "../errors";
import type { Clock } from "../platform/clock";
import type { CallEvent, EndReason, SendEnvelope } from "../protocol/callEvents";
import { requestSurely } from "./asking";
import { Callee } from "../protocol/callee";
import { Caller, RING_SECONDS } from "../protocol/caller";
import { type Contact, type OpenedBody, Standing, requireCallable } from "../protocol/contact";
import { type Bytes, equal, hex, unhex, utf8 } from "../wire/bytes";
import { CallRef, Hangup } from "../wire/call";
import { BodyKind, HangupReason } from "../wire/codes";
import { GetGrant, HANDLE_MOST, Join } from "../wire/relay";
import type { Book, Draft } from "./book";
import { Call } from "./call";
import type { CallPost, Machine } from "./callPost";
import type { MakeVoice, VoiceEvent } from "./callVoice";
import { ceilingOf } from "./frugality";
import type { HomeLine } from "./line";
import type { Frugality } from "./messages";
import { leftOver, logOf, missed } from "./past";
import type { After, Arrived, Post } from "./post";
import { Direction, type LogRecord } from "./records";
import { requireOk } from "./replies";

/** For a room, on whichever line answers. */
const GRANT_SECONDS = 10;
export const LAST_WORDS_SECONDS = 2;
const SEAT_BYTES = 16;

/** What calling needs of its client. */
export interface CallingMeans {
  readonly book: Book;
  readonly post: Post;
  readonly line: () => HomeLine;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly makeVoice: MakeVoice;
  readonly frugality: () => Frugality;
  readonly callChanged: (call: Call) => void;
  readonly voiceTold: (event: VoiceEvent) => void;
  readonly unexpected: (error: unknown) => void;
}

/** The telephone of one client. */
export class Calling implements CallPost {
  readonly #means: CallingMeans;
  #nextHandle = 0;
  #current: Call | null = null;

  constructor(means: CallingMeans) {
    this.#means = means;
  }

  get current(): Call | null {
    return this.#current;
  }

  // Outgoing

  /**
   * Offer a call on an open line; the seat is taken while the other side rings.
   *
   * Null when `isWanted` says no after all the asking: the person has cancelled meanwhile.
   */
  async call(contact: Contact, isWanted: () => boolean): Promise<Call | null> {
    const { line, clock, rng } = this.#means;
    const [room, secret0, secret1] = [rng(SEAT_BYTES), rng(SEAT_BYTES), rng(SEAT_BYTES)];
    const { mailbox } = contact.address;
    const [h0, h1] = [seatHash(secret0), seatHash(secret1)];
    const request = GetGrant.of({ q: 0, mailbox, room, h0, h1 });
    const grant = requireOk(await requestSurely(line(), request, GRANT_SECONDS, clock));
    const handle = this.#handle();
    const join = Join.of({ q: 0, handle, grant, seat: 0, secret: secret0 });
    while (isWanted()) {
      const ringing = await this.#makeWay(contact);
      if (ringing !== null) {
        ringing.isTaken = true;
        ringing.answer();
        return ringing;
      }
      // The mailbox may have said meanwhile that this contact is out of step.
      const newest = this.#means.book.pages.contact(contact.id) ?? contact;
      requireCallable(newest);
      const parties = partiesOf(newest, "caller");
      const identity = await SigningKey.fromSeed(newest.identitySeed);
      const mode = ceilingOf(this.#means.frugality()).code;
      const means = { parties, identity, grant, seatSecret: secret1, mode };
      const machine = await Caller.make(means, rng, clock.now());
      // Somebody may have called while the keys were made: then once more.
      if (isWanted() && this.#current === null) return this.#start(newest, machine, join);
    }
    return null;
  }

  /** Give the call of this very contact if it rings here; others that ring hear "busy". */
  async #makeWay(contact: Contact): Promise<Call | null> {
    for (let call = this.#current; call !== null; call = this.#current) {
      const { machine } = call;
      if (!machine.isOver) {
        if (machine.role === "caller" || machine.isTalking || call.isTaken) {
          throw new UsageError("this side is in a call already", "end that call first");
        }
        if (equal(call.contact.id, contact.id)) return call;
        call.step(() => machine.busy());
      }
      await call.ended();
    }
    return null;
  }

  #handle(): number {
    this.#nextHandle = (this.#nextHandle + 1) % (HANDLE_MOST + 1);
    return this.#nextHandle;
  }

  #start(contact: Contact, machine: Machine, join: Join): Call {
    const { line, clock, makeVoice } = this.#means;
    const frugality = this.#means.frugality();
    const means = { line: line(), clock, post: this, makeVoice, frugality };
    const call = new Call(contact, machine, join, means);
    this.#current = call;
    this.callChanged(call);
    void call.run();
    return call;
  }

  // Incoming

  /** Take one authentic call message, in the step that commits the contact's record. */
  async took(draft: Draft, { contact, kind, body }: OpenedBody, arrived: Arrived): Promise<After> {
    draft.putContact(contact);
    if (kind === BodyKind.OFFER) return this.#tookOffer(draft, contact, body, arrived.ageS);
    return () => {
      const call = this.#current;
      if (call === null || !equal(call.contact.id, contact.id)) return;
      try {
        passOnUntrusted(call, call.machine, kind, body);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
      }
    };
  }

  async #tookOffer(draft: Draft, contact: Contact, body: Bytes, ageS: number): Promise<After> {
    const { clock, rng } = this.#means;
    if (ageS > RING_SECONDS || contact.standing === Standing.OUT_OF_STEP) {
      draft.addLog(this.#missed(contact, ageS));
      return nothing;
    }
    const parties = partiesOf(contact, "callee");
    const identity = await SigningKey.fromSeed(contact.identitySeed);
    const means = { parties, identity, offer: body, age: ageS };
    let machine: Callee;
    try {
      machine = await Callee.takeUntrusted(means, rng, clock.now());
    } catch (error) {
      // A call in their name that they did not sign.
      if (error instanceof WireError) return nothing;
      throw error;
    }
    const callDigest = sha256(utf8("call"), machine.callId);
    const { mailbox } = contact.address;
    if (draft.isSeen(mailbox, callDigest)) return nothing;
    draft.see(mailbox, callDigest);
    // Missed until it is not: this page may be closed before anybody hears it ring.
    const at = Math.max(0, clock.unix() - ageS);
    draft.openCall(machine.callId, { contact: contact.id, direction: Direction.MISSED, at });
    return () => this.#ring(contact, machine, ageS);
  }

  async #ring(contact: Contact, theirs: Callee, ageS: number): Promise<void> {
    const { clock } = this.#means;
    let current = this.#current;
    // Its last words are on their way; whoever calls back at once is not told "busy".
    if (current?.machine.isOver === true) current = null;
    if (current !== null && isLeft(current, contact, clock.now())) {
      const { machine } = current;
      current.step(() => machine.left());
      current = null;
    }
    if (current === null) {
      const { grant, seatSecret } = theirs;
      const handle = this.#handle();
      const join = Join.of({ q: 0, handle, grant, seat: 1, secret: seatSecret });
      this.#start(contact, theirs, join);
    } else if (yields(current, theirs)) {
      // Both want to talk: theirs is answered as soon as they say that they are there.
      current.callIds.push(theirs.callId);
      current.yieldTo(theirs, this.#handle());
    } else if (!isGlare(current) || !equal(current.contact.id, contact.id)) {
      await this.#sayBusy(contact, theirs.callId, await theirs.busy(), ageS);
    } else {
      // Ours goes on: both wanted to talk, and theirs gives way.
      await this.#means.book.change((draft) => {
        draft.callOver(theirs.callId);
      });
    }
  }

  async #sayBusy(
    contact: Contact,
    callId: Bytes,
    events: readonly CallEvent[],
    ageS: number,
  ): Promise<void> {
    const { book, post } = this.#means;
    await book.change(async (draft) => {
      draft.callOver(callId);
      draft.addLog(this.#missed(contact, ageS));
      for (const event of events) {
        if (event.event !== "sendEnvelope" || draft.contact(contact.id) === null) continue;
        await draft.seal(contact.id, event.kind, event.body);
      }
    });
    post.wake();
  }

  #missed(contact: Contact, ageS: number): LogRecord {
    return missed(contact, Math.max(0, this.#means.clock.unix() - ageS));
  }

  // For calls

  async sealForCall(call: Call, event: SendEnvelope): Promise<Bytes | null> {
    const { book, post } = this.#means;
    const { id } = call.contact;
    const envelope = await book.change(async (draft) => {
      if (draft.contact(id) === null) return null;
      // Known before the first byte leaves: a page that starts later and finds it ends the call.
      if (event.kind === BodyKind.OFFER || event.kind === BodyKind.ANSWER) {
        draft.openCall(call.machine.callId, {
          contact: id,
          direction: call.direction === "out" ? Direction.OUT : Direction.IN,
          at: call.beganUnix,
        });
      }
      return (await draft.seal(id, event.kind, event.body)).envelope;
    });
    if (envelope !== null) post.wake();
    return envelope;
  }

  cameThroughRoom(call: Call, envelope: Bytes): void {
    this.#means.post.cameThroughRoom(call.contact.address.mailbox, envelope);
  }

  async callEnded(call: Call): Promise<void> {
    const { book, post } = this.#means;
    await book.change((draft) => {
      for (const id of call.callIds) draft.callOver(id);
      draft.addLog(logOf(call, draft));
      const { unmet } = call.glare;
      if (unmet !== null) {
        const ageS = this.#means.clock.now() - unmet.giveUpAt + RING_SECONDS;
        draft.addLog(this.#missed(call.contact, Math.round(ageS)));
      }
    });
    await post.flushed(LAST_WORDS_SECONDS);
    if (this.#current === call) this.#current = null;
  }

  callChanged(call: Call): void {
    this.#means.callChanged(call);
  }

  voiceTold(event: VoiceEvent): void {
    this.#means.voiceTold(event);
  }

  unexpected(error: unknown): void {
    this.#means.unexpected(error);
  }

  /** End the calls that an earlier page left open: their keys are gone for good. */
  async endLeftOver(): Promise<void> {
    await this.#means.book.change(async (draft) => {
      for (const [id, open] of draft.calls) {
        const contact = draft.contact(open.contact);
        const callId = unhex(id);
        draft.callOver(callId);
        if (contact === null) continue;
        if (open.direction === Direction.MISSED) {
          draft.addLog(missed(contact, open.at));
          continue;
        }
        draft.addLog(leftOver(contact, open.direction, open.at));
        const body = Hangup.encode({ callId, reason: HangupReason.FAILED });
        await draft.seal(contact.id, BodyKind.HANGUP, body);
      }
    });
  }

  /** End a call whose answer may be what came altered; older noise says nothing of it. */
  unreadable(contact: Contact, ageS: number): void {
    const call = this.#current;
    if (call === null || !equal(call.contact.id, contact.id)) return;
    const { machine } = call;
    const isOfNow = ageS <= this.#means.clock.now() - call.beganAt;
    if (machine.role === "caller" && isOfNow) call.step(() => machine.altered());
  }

  /** End a call with this contact that has not been answered. */
  fail(contactId: Bytes, reason: EndReason): void {
    const call = this.#current;
    if (call === null || !equal(call.contact.id, contactId) || call.machine.isTalking) return;
    call.step(() => call.machine.fail(reason));
  }
}

function passOnUntrusted(call: Call, machine: Machine, kind: number, body: Bytes): void {
  if (kind === BodyKind.ANSWER && machine.role === "caller") {
    call.step((now) => machine.answerUntrusted(body, now));
  } else if (kind === BodyKind.HANGUP) {
    const { callId, reason } = Hangup.parseUntrusted(body);
    if (equal(callId, machine.callId)) call.step(() => machine.hungUp(reason));
  } else if (kind === BodyKind.DECLINE || kind === BodyKind.BUSY || kind === BodyKind.CANCEL) {
    const { callId } = CallRef.parseUntrusted(body);
    if (kind === BodyKind.CANCEL && machine.role === "caller") call.step(() => call.glare.cancelled(callId));
    if (!equal(callId, machine.callId)) return;
    if (machine.role === "callee") {
      if (kind === BodyKind.CANCEL) call.step(() => machine.cancelled());
    } else if (kind === BodyKind.DECLINE) {
      call.step(() => machine.declined());
    } else if (kind === BodyKind.BUSY) {
      call.step(() => machine.busy());
    }
  }
}

/** Tell whether our own offer gives way to theirs: both called at once (glare). */
function yields(current: Call, theirs: Callee): boolean {
  const mine = current.machine;
  return (
    isGlare(current) &&
    mine.role === "caller" &&
    equal(mine.parties.idCallee, theirs.parties.idCaller) &&
    equal(mine.parties.sid, theirs.parties.sid) &&
    // Hexadecimal sorts as the bytes do.
    hex(theirs.offerRank) < hex(mine.offerRank)
  );
}

function isGlare({ machine }: Call): boolean {
  return machine.role === "caller" && !machine.isTalking && !machine.isOver;
}

/**
 * Tell whether a new offer of this contact says that the present call is dead.
 *
 * A caller has one call at a time: who calls again has lost the earlier one, with its keys
 * (spec/call.md §5). One that is heard goes on: an old offer may come late.
 */
function isLeft({ contact, machine }: Call, caller: Contact, now: number): boolean {
  if (!equal(contact.id, caller.id)) return false;
  return machine.isSilent(now) || (machine.role === "callee" && !machine.isTalking);
}

function partiesOf({ ratchet }: Contact, role: "caller" | "callee"): Parties {
  const { sid, myId, peerId } = ratchet;
  return role === "caller"
    ? { sid, idCaller: myId, idCallee: peerId }
    : { sid, idCaller: peerId, idCallee: myId };
}

function nothing(): void {
  // It is written down; there is nothing left to do.
}
