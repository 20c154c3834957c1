/**
 * Carry one call over the home's line and, while it is wanted, over a spare one (spec/media.md §6).
 *
 * The spare is a line of its own to the same home that knows nothing but the call's room. Media goes
 * on both, byte for byte; the relay passes on whichever copy is first. What comes by either line goes
 * the same way in, and the receiver drops the second copy of a frame.
 */

import { NetworkError } from "../errors";
import type { Bytes } from "../wire/bytes";
import { RecordType } from "../wire/codes";
import type { MediaMessage } from "../wire/media";
import { type Join, Leave, RoomControl } from "../wire/relay";
import { Status } from "../wire/status";
import { Deferred, sleep, within } from "./async";
import type { HomeLine, OtherPush } from "./line";

/** A line that stands still must not keep anybody from hanging up. */
export const CONTROL_SECONDS = 1;
export const LEAVE_SECONDS = 0.5;
/** Between the wish for a spare line and its first packet: it is no race. */
const APART_SECONDS = 0.2;
const REFUSED_SECONDS = 10;
/** While there are two lines one can die unheard: each is asked every 2 s, and given 3 s. */
const LOOK_SECONDS = 2;
const LOOK_PATIENCE = 3;

/** Take what comes by either line of a call, perhaps for the second time. */
export interface PathUser {
  media(frames: readonly Bytes[]): void;
  roomBody(body: Bytes): void;
  /** The home's line came back by another endpoint: the far side may be told. */
  moved(): void;
  unexpected(error: unknown): void;
}

/** Messages that left, and that did not. */
interface Count {
  readonly sent: number;
  readonly dropped: number;
}

/** The way of one call. */
export class CallPath {
  readonly #line: HomeLine;
  readonly #user: PathUser;
  #join: Join;
  /** By which endpoint the seat was taken last. */
  #way: string | null = null;
  #spare: HomeLine | null = null;
  #isSpareSeated = false;
  #isWanted = false;
  #isKeeping = false;
  #endOfSpare = new Deferred<void>();
  #counted = new Map<HomeLine, Count>();

  constructor(line: HomeLine, join: Join, user: PathUser) {
    this.#line = line;
    this.#join = join;
    this.#user = user;
  }

  /** This side's number for the call's room, on both lines. */
  get handle(): number {
    return this.#join.handle;
  }

  /** What this side shows to take its seat. */
  get join(): Join {
    return this.#join;
  }

  /** Tell whether media goes on two lines now. */
  get isDoubled(): boolean {
    return this.#isSpareSeated;
  }

  // The seat

  /** Take the seat with the home's line, for the first time or again. */
  async sitDown(): Promise<Status> {
    const { status } = await this.#line.request(this.#join);
    const before = this.#way;
    if (status === Status.OK) this.#way = this.#line.way ?? before;
    if (before !== null && this.#way !== before) this.#user.moved();
    return status;
  }

  /** Leave the room for another one. */
  async move(join: Join): Promise<Status> {
    await this.leave();
    this.#join = join;
    return this.sitDown();
  }

  /** Stand up, and do not wait long for the home to hear of it. */
  async leave(): Promise<void> {
    if (!this.#line.isOpen) return;
    const left = this.#line.request(Leave.of({ q: 0, handle: this.handle }));
    await ignoringNetwork(within(LEAVE_SECONDS, left, late));
  }

  // Out

  /** Send one message of sealed packets, on both lines while there are two; never waits. */
  sendMedia(packets: readonly Bytes[]): void {
    for (const line of this.#seated()) line.sendMedia(this.handle, packets);
  }

  /** Send a room control, on both lines: each end takes it once. */
  async tell(body: Bytes): Promise<void> {
    const message = RoomControl.of({ handle: this.handle, body });
    const open = this.#seated().filter((line) => line.isOpen);
    await Promise.all(
      open.map((line) => ignoringNetwork(within(CONTROL_SECONDS, line.tell(message), late))),
    );
  }

  /** Ask both lines whether they live; one that stays mute is opened again. */
  async probe(patience?: number): Promise<void> {
    await Promise.all([this.#line.probe(patience), this.#spare?.probe(patience)]);
  }

  /** Give the share of media since the last time that left on neither line in time. */
  droppedShare(): number {
    let least = 1;
    let cameInAll = 0;
    for (const line of this.#seated()) {
      const { sent, dropped } = line.mediaOut;
      const before = this.#counted.get(line) ?? { sent, dropped };
      this.#counted.set(line, { sent, dropped });
      const came = sent - before.sent + dropped - before.dropped;
      cameInAll += came;
      if (came > 0) least = Math.min(least, (dropped - before.dropped) / came);
    }
    return cameInAll > 0 ? least : 0;
  }

  #seated(): readonly HomeLine[] {
    return this.#spare === null || !this.#isSpareSeated ? [this.#line] : [this.#line, this.#spare];
  }

  // The spare line

  /** Say whether frames are to be doubled. It is done in the background, and may fail. */
  wantSpare(wanted: boolean): void {
    if (wanted === this.#isWanted) return;
    this.#isWanted = wanted;
    if (!wanted) {
      this.#endOfSpare.resolve();
    } else if (!this.#isKeeping) {
      this.#isKeeping = true;
      this.#keepWhileWanted().catch((error: unknown) => {
        this.#user.unexpected(error);
      });
    }
  }

  async #keepWhileWanted(): Promise<void> {
    try {
      for (;;) {
        await sleep(APART_SECONDS);
        if (!this.#isStillWanted()) return;
        await this.#keepSpare();
        if (!this.#isStillWanted()) return;
        await sleep(REFUSED_SECONDS);
      }
    } finally {
      this.#isKeeping = false;
    }
  }

  #isStillWanted(): boolean {
    return this.#isWanted;
  }

  /** Keep a spare line until it is unwanted or refused a seat. */
  async #keepSpare(): Promise<void> {
    const end = new Deferred<void>();
    this.#endOfSpare = end;
    const spare = this.#line.beside({
      lineOpened: () => this.#sitBeside(spare, end),
      lineChanged: () => {
        if (!spare.isOpen) this.#isSpareSeated = false;
      },
      pushed: (push) => {
        this.#pushed(push);
      },
      media: (message) => {
        this.#media(message);
      },
    });
    this.#spare = spare;
    spare.urgent = true;
    spare.start();
    const looking = setInterval(() => {
      this.probe(LOOK_PATIENCE).catch((error: unknown) => {
        this.#user.unexpected(error);
      });
    }, LOOK_SECONDS * 1000);
    try {
      await end.promise;
    } finally {
      clearInterval(looking);
      this.#spare = null;
      this.#isSpareSeated = false;
      this.#counted.delete(spare);
      spare.stop();
    }
  }

  async #sitBeside(spare: HomeLine, end: Deferred<void>): Promise<void> {
    const { status } = await spare.request(this.#join);
    if (status !== Status.OK) end.resolve();
    else if (spare === this.#spare) this.#isSpareSeated = true;
  }

  #pushed(push: OtherPush): void {
    if (push.type === RecordType.ROOM_CONTROL && push.handle === this.handle) {
      this.#user.roomBody(push.body);
    }
  }

  #media({ handle, frames }: MediaMessage): void {
    if (handle === this.handle) this.#user.media(frames);
  }
}

/** Wait for what the network may refuse: what matters is said again, or by envelope. */
export async function ignoringNetwork(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
  }
}

export function late(): Error {
  return new NetworkError("the line stands still", "generic_timeout_error");
}
