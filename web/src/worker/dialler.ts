/**
 * Open connections to the home: by which endpoint, one attempt at a time, none too long.
 *
 * `protocol/ladder.ts` decides; here it gets its clock and its dice (the model is
 * client/dialler.py). A page is told neither what network it is in nor how far an attempt came: what
 * takes too long counts as silence, what ends by itself as refused (spec/page.md §5).
 */

import type { Rng } from "../crypto/keySchedule";
import { NetworkError } from "../errors";
import type { Clock } from "../platform/clock";
import { type Failure, Hellos, Ladder, type Urgency } from "../protocol/ladder";
import type { Endpoint } from "../wire/descriptor";
import { Mutex, sleep } from "./async";
import { nameOf } from "./ways";

/**
 * Chromium holds a WebSocket back after ones that failed by themselves: not at all up to a dozen,
 * 0.1 s from about the 20th, 1 to 3 s from the 28th on (measured with one line open; without any it
 * is half as many). Those that are given up here do not count. So a home that refuses is not asked
 * ten times a second.
 */
const REFUSED_PAUSES = [0.1, 0.2, 0.5] as const;
const DICE_BYTES = 2;

/** One attempt, and the way of the line that came of it. */
export interface Way {
  readonly ladder: Ladder;
  readonly rung: number;
  readonly end: Endpoint;
  /** Seconds until the socket is open. */
  readonly connect: number;
  /** And then for the line's own handshake. */
  readonly handshake: number;
  readonly began: number;
}

/** What came of an attempt, and by which way. */
export interface Dialled<T> {
  readonly way: Way;
  readonly line: T;
  /** Seconds until the line was open. */
  readonly took: number;
}

/** Shared by all lines of one page. */
export class Dialler {
  readonly #clock: Clock;
  readonly #rng: Rng;
  /** Tell which endpoint brought a line last, by its name. */
  readonly #best: () => string | null;
  /** Tell whether the person wants what looks odd to be tried last. */
  readonly #isCareful: () => boolean;
  readonly #turn = new Mutex();
  readonly #hellos = new Hellos();
  readonly #inUse = new Set<Way>();
  #ladder = new Ladder([], this.#hellos);
  #known = "";
  #refusals = 0;

  constructor(clock: Clock, rng: Rng, best: () => string | null, isCareful: () => boolean) {
    this.#clock = clock;
    this.#rng = rng;
    this.#best = best;
    this.#isCareful = isCareful;
  }

  /** Choose a way when no other line is being opened, and keep those waiting while `open` runs. */
  attempt<T>(
    endpoints: () => Promise<readonly Endpoint[]>,
    urgency: () => Urgency,
    open: (way: Way) => Promise<T>,
  ): Promise<Dialled<T>> {
    return this.#turn.run(async () => {
      const way = await this.#choose(await this.#listed(endpoints), urgency());
      const inCall = urgency() === "call";
      try {
        const line = await open(way);
        way.ladder.saidHello(way.rung, this.#clock.now());
        this.#inUse.add(way);
        return { way, line, took: this.#clock.now() - way.began };
      } catch (error) {
        const failure = failureOf(error);
        const now = this.#clock.now();
        this.#refusals = failure === "refused" ? this.#refusals + 1 : 0;
        // Nothing listened there, most likely: in a call a home that restarts is asked again soon.
        if (failure === "silent" || !inCall) way.ladder.saidHello(way.rung, now);
        way.ladder.failed(way.rung, now, failure);
        throw error;
      }
    });
  }

  /** List the endpoints; a home that was never met, and cannot be, is asked more and more seldom. */
  async #listed(endpoints: () => Promise<readonly Endpoint[]>): Promise<readonly Endpoint[]> {
    try {
      return await endpoints();
    } catch (error) {
      this.#ladder.hadNothing();
      throw error;
    }
  }

  async #choose(endpoints: readonly Endpoint[], urgency: Urgency): Promise<Way> {
    const ladder = this.#ladderOf(endpoints);
    ladder.isCareful = this.#isCareful();
    const [first] = endpoints;
    if (first === undefined) {
      ladder.hadNothing();
      throw new NetworkError("this home has no way for a page", "host_unreachable");
    }
    const inUse = [...this.#inUse].filter((way) => way.ladder === ladder).map(({ rung }) => rung);
    const { rung, wait, answer, rest } = ladder.choose(this.#clock.now(), urgency, inUse);
    if (wait > 0) await sleep(wait);
    const end = endpoints[rung] ?? first;
    const began = this.#clock.now();
    return { ladder, rung, end, connect: Math.max(answer, rest), handshake: rest, began };
  }

  /** Give the ladder of these endpoints; a new list begins a new one that knows the old one's luck. */
  #ladderOf(endpoints: readonly Endpoint[]): Ladder {
    const rungs = endpoints.map(({ host, tlsName, port }, endpoint) => {
      return { endpoint, host, name: tlsName, port, byProxy: false };
    });
    const names = endpoints.map(nameOf);
    if (this.#known !== names.join(" ")) {
      const before = this.#known === "" ? [this.#best() ?? ""] : this.#known.split(" ");
      const now = (old: readonly number[]): number[] =>
        old.map((rung) => names.indexOf(before[rung] ?? "")).filter((rung) => rung !== -1);
      const { demoted } = this.#ladder;
      const worked = this.#known === "" ? [0] : this.#ladder.worked;
      this.#ladder = new Ladder(rungs, this.#hellos, now(worked), now(demoted));
      this.#known = names.join(" ");
    }
    return this.#ladder;
  }

  /** Learn that the home keeps the line that came of an attempt. */
  opened({ way, took }: Dialled<unknown>): void {
    this.#refusals = 0;
    way.ladder.opened(way.rung, took);
  }

  /** Learn that a line is no more; `isMute`: it fell silent. */
  ended(way: Way, isMute: boolean): void {
    const now = this.#clock.now();
    this.#inUse.delete(way);
    way.ladder.ended(way.rung, now, now - way.began, isMute);
  }

  /** Give the seconds until the next attempt of a line. */
  pause(urgency: Urgency): number {
    const [high = 0, low = 0] = this.#rng(DICE_BYTES);
    const pause = this.#ladder.pause(urgency, (high * 256 + low) / 65_536);
    return Math.max(pause, refusedPause(this.#refusals));
  }
}

/** Give the least pause after so many attempts in a row that ended by themselves. */
export function refusedPause(refusals: number): number {
  return refusals === 0 ? 0 : (REFUSED_PAUSES[refusals - 1] ?? 0.5);
}

function failureOf(error: unknown): Failure {
  const failure = error instanceof NetworkError ? error.failure : "";
  return failure === "generic_timeout_error" || failure === "line_mute" ? "silent" : "refused";
}
