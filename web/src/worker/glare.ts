/**
 * Ask whether somebody who called at the same moment is there (glare, spec/call.md §6; the model is
 * client/glare.py).
 *
 * Both want to talk, and one of the two offers has to go. Whose it is asks first: the home may have
 * kept an old offer, and nobody's phone answers what nobody says any more.
 */

import type { Clock } from "../platform/clock";
import type { CallEvent } from "../protocol/callEvents";
import type { Callee } from "../protocol/callee";
import { type Bytes, equal } from "../wire/bytes";
import { Join } from "../wire/relay";
import type { Status } from "../wire/status";
import { type CallPath, ignoringNetwork } from "./callPath";
import type { Machine } from "./callPost";

/** How long this side asks in the other's room before it waits in its own again. */
export const GLARE_SECONDS = 5;

/** The offer of theirs that wins over ours, until somebody says that he is there. */
export class Glare {
  readonly #path: CallPath;
  readonly #clock: Clock;
  readonly #seatAnswered: (status: Status) => void;
  #theirs: Callee | null = null;
  /** The seat of our own offer, which stands meanwhile. */
  #mine: Join | null = null;
  #until = Infinity;
  #unmet: Callee | null = null;

  constructor(path: CallPath, clock: Clock, seatAnswered: (status: Status) => void) {
    this.#path = path;
    this.#clock = clock;
    this.#seatAnswered = seatAnswered;
  }

  get isAsking(): boolean {
    return this.#theirs !== null;
  }

  /** A call of the other side that yielded nothing: nobody said that he is there. */
  get unmet(): Callee | null {
    return this.#unmet;
  }

  /** Go to their room and ask; our own offer stands until they say that they are there. */
  async ask(mine: Machine, theirs: Callee, handle: number): Promise<CallEvent[]> {
    if (mine.role !== "caller" || mine.isTalking || mine.isOver) return [];
    const { grant, seatSecret } = theirs;
    this.#mine ??= this.#path.join;
    this.#theirs = theirs;
    this.#until = this.#clock.now() + GLARE_SECONDS;
    await this.#move(Join.of({ q: 0, handle, grant, seat: 1, secret: seatSecret }));
    return theirs.begin(this.#clock.now());
  }

  /** Give the moment by which to look again. */
  nextDeadline(): number {
    return Math.min(this.#until, this.#theirs?.nextDeadline() ?? Infinity);
  }

  /** Do what is due. */
  async expire(now: number): Promise<CallEvent[]> {
    return (await this.#theirs?.expire(now)) ?? [];
  }

  /** Take what is said in their room, or throw `WireError`; nothing rings here. */
  async controlUntrusted(sealed: Bytes, now: number): Promise<CallEvent[]> {
    await this.#theirs?.controlUntrusted(sealed, now);
    return [];
  }

  /** Take their `cancel`, of this offer where it is named; or learn that their room is gone. */
  cancelled(callId: Bytes | null = null): CallEvent[] {
    const theirs = this.#theirs;
    if (theirs !== null && (callId === null || equal(callId, theirs.callId))) theirs.cancelled();
    return [];
  }

  /** Give who is there, if he is; wait in our own room again when asking is of no use. */
  async judge(mine: Machine): Promise<Callee | null> {
    const [theirs, seat] = [this.#theirs, this.#mine];
    if (theirs === null || seat === null) return null;
    const isSettled = mine.isOver || mine.isTalking || theirs.isOver;
    const isLate = this.#clock.now() >= this.#until;
    if (!isSettled && !isLate && !theirs.isRinging) return null;
    this.#theirs = this.#mine = null;
    this.#until = Infinity;
    if (theirs.isRinging && !isSettled) {
      // What still waits for our own offer finds it over.
      if (mine.role === "caller") mine.giveWay();
      return theirs;
    }
    if (!mine.isTalking) this.#unmet = theirs;
    await this.#move(seat);
    return null;
  }

  #move(join: Join): Promise<void> {
    return ignoringNetwork(this.#path.move(join).then(this.#seatAnswered));
  }
}
