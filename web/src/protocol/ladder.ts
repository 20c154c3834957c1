/**
 * Decide by which endpoint a home is tried next, how long, and after what pause.
 *
 * The rules, and the censor behind each, are in spec/endpoints.md; the model is protocol/ladder.py.
 * One ladder stands for one home; all lines to it share it. Time is an argument, and so is
 * randomness. Seconds throughout.
 */

import { addressPrefix, isAddress, isLoopback } from "../wire/host";

/** TLS handshakes with one host, or one prefix of addresses, in how many seconds. */
export const HELLOS_MOST = 3;
export const HELLOS_SECONDS = 10;
/** A line that falls mute younger than this was made mute, or the network was cut. */
export const YOUNG_SECONDS = 60;
/** For how long a failure counts beyond the next line: so long some censors bear a grudge. */
const RECENT_SECONDS = 90;
const BRIEF_SECONDS = 10;
/** Young lines that fell mute in a row before a rung is demoted: one may be a cut of the network. */
const MUTES_MOST = 2;

const ANSWER = 2;
const REST = 3;
/** Of a round in which one handshake got no answer: the next one rather gets none either. */
const REST_AFTER_SILENCE = 2;
const MOST = 10;
const CALL_ANSWER = 0.7;
const CALL_REST = 1.5;
const CALL_REST_ALONE = 3;
const SLOW_ANSWER = 2;
const SLOW_REST = 6;
const PATIENT_EVERY = 8;
const PATIENT_REST_OF_MANY = 5;

const BETWEEN = 0.1;
const ROUND_PAUSES = [0.1, 0.3, 0.7, 1.5, 3, 6, 12, 20] as const;
const WAITING_PAUSE_MOST = 0.7;
/** Rounds with these short pauses: a page may wait for days. */
const WAITING_ROUNDS = 10;
const CALL_PAUSES = [0.1, 0.5] as const;
const CALL_ATTEMPTS = 30;
const JITTER = 0.3;

/** Who waits for a line. */
export type Urgency = "nobody" | "somebody" | "call";

/**
 * How far an attempt came. Unanswered: nothing answered for the address, or the name has none.
 * Silent: something answered, then nothing came any more. Refused: something said no.
 */
export type Failure = "unanswered" | "silent" | "refused";

/** One way to try: an endpoint, directly or through the system's proxy. */
export interface Rung {
  /** Its index in the list of endpoints. */
  readonly endpoint: number;
  readonly host: string;
  /** What is shown in TLS; "" for the host. */
  readonly name: string;
  readonly port: number;
  readonly byProxy: boolean;
}

/** Which rung to try and how. */
export interface Attempt {
  readonly rung: number;
  /** Seconds to let pass first: there were too many handshakes. */
  readonly wait: number;
  /** Seconds until something answers. */
  readonly answer: number;
  /** Seconds for TLS and the upgrade, and once more for the line's own handshake. */
  readonly rest: number;
}

/** Give the name that an observer reads; "" when an address shows none. */
function shownName({ host, name }: Rung): string {
  return (name === "" && !isAddress(host) ? host : name).toLowerCase();
}

/** Give the neighbourhood that a censor may block as one: /24, /48, or a name. */
function prefixOf({ host }: Rung): string {
  return addressPrefix(host) ?? host.toLowerCase();
}

/** Rank how odd it looks: 0 an ordinary web site, 1 another port, 2 an address. */
function alarmOf(rung: Rung): number {
  if (isAddress(rung.host) || shownName(rung) !== rung.host.toLowerCase()) return 2;
  return rung.port === 443 ? 0 : 1;
}

/** Count what a block of one would have in common with a block of the other. */
function sameness(one: Rung, other: Rung): number {
  if (one.byProxy !== other.byProxy) return 0;
  const name = shownName(one);
  const isSameName = name !== "" && name === shownName(other);
  const isSamePrefix = prefixOf(one) === prefixOf(other);
  return (isSamePrefix ? 2 : 0) + (isSameName ? 2 : 0) + (one.port === other.port ? 1 : 0);
}

/** Count TLS handshakes by prefix; all ladders of one home share this. */
export class Hellos {
  readonly #times = new Map<string, readonly number[]>();

  /** Count one, unless it stays on this machine, where nobody stands in between. */
  add(rung: Rung, now: number): void {
    if (isLoopback(rung.host)) return;
    const prefix = prefixOf(rung);
    const times = [...(this.#times.get(prefix) ?? []), now];
    this.#times.set(prefix, times.slice(-HELLOS_MOST));
  }

  /** Give the seconds until there may be another one. */
  wait(rung: Rung, now: number): number {
    const times = this.#times.get(prefixOf(rung)) ?? [];
    const [oldest] = times;
    if (oldest === undefined || times.length < HELLOS_MOST) return 0;
    return Math.max(0, oldest + HELLOS_SECONDS - now);
  }
}

interface State {
  failedAt: number | null;
  failure: Failure | null;
  /** In this round. */
  isTried: boolean;
  mutes: number;
  isDemoted: boolean;
}

/**
 * The order of trying of one home.
 *
 * Ask `choose`, act, and say what came of it: `failed`, or `opened` and later `ended`.
 */
export class Ladder {
  readonly rungs: readonly Rung[];
  /** The person wants what looks odd to be tried last (spec/endpoints.md §2). */
  isCareful = false;
  readonly #hellos: Hellos;
  readonly #states: readonly State[];
  #worked: readonly number[];
  /** What failed last in this round. */
  #last: number | null = null;
  #round = 0;
  #attempts = 0;
  #took = 0;

  constructor(
    rungs: readonly Rung[],
    hellos: Hellos,
    worked: readonly number[] = [],
    demoted: readonly number[] = [],
  ) {
    this.rungs = rungs;
    this.#hellos = hellos;
    this.#worked = worked;
    this.#states = rungs.map((_, index) => ({
      failedAt: null,
      failure: null,
      isTried: false,
      mutes: 0,
      isDemoted: demoted.includes(index),
    }));
  }

  /** List the rungs that brought a line, the newest first. */
  get worked(): readonly number[] {
    return this.#worked;
  }

  /** List the rungs that are tried last here. */
  get demoted(): readonly number[] {
    return this.#indices(({ isDemoted }) => isDemoted);
  }

  /** Give for each rung how it failed since a line was open last, null where it did not. */
  get failures(): readonly (Failure | null)[] {
    return this.#states.map(({ failure }) => failure);
  }

  /** Choose what to try now; `inUse` are the rungs of the other open lines to this home. */
  choose(now: number, urgency: Urgency, inUse: readonly number[] = []): Attempt {
    if (this.#isRoundOver()) this.#nextRound();
    const ranked = this.#indices(({ isTried }) => !isTried)
      .map((index) => ({ index, rank: this.#rank(index, now, inUse) }))
      .sort((one, other) => compare(one.rank, other.rank));
    const index = ranked[0]?.index ?? 0;
    const { answer, rest } = this.#patience(index, urgency);
    return { rung: index, wait: this.#hellos.wait(this.#rung(index), now), answer, rest };
  }

  /** Learn that there was nothing to choose from: the pauses of a ladder without rungs grow. */
  hadNothing(): void {
    this.#nextRound();
  }

  #isRoundOver(): boolean {
    return this.#states.every(({ isTried }) => isTried);
  }

  #nextRound(): void {
    this.#round += 1;
    this.#last = null;
    for (const state of this.#states) state.isTried = false;
  }

  #rank(index: number, now: number, inUse: readonly number[]): readonly number[] {
    const rung = this.#rung(index);
    const { failedAt, isDemoted } = this.#state(index);
    const isRecent = failedAt !== null && now - failedAt < RECENT_SECONDS;
    const others = [...this.#indices(({ isTried }) => isTried), ...inUse];
    const worked = this.#worked.indexOf(index);
    return [
      Number(this.#hellos.wait(rung, now) > 0),
      this.isCareful ? alarmOf(rung) : 0,
      Number(isDemoted),
      Number(isRecent),
      Number(rung.byProxy !== this.#wantsProxy()),
      others.reduce((sum, other) => sum + sameness(rung, this.#rung(other)), 0),
      worked === -1 ? this.rungs.length : worked,
      alarmOf(rung),
      index,
    ];
  }

  /** Tell whether a proxy is the better guess: nothing answers, or it was the way here. */
  #wantsProxy(): boolean {
    const [newest] = this.#worked;
    const wasTheWay = newest !== undefined && this.#rung(newest).byProxy;
    if (this.#last === null) return wasTheWay;
    if (this.#rung(this.#last).byProxy) return false;
    return wasTheWay || this.#state(this.#last).failure === "unanswered";
  }

  #patience(index: number, urgency: Urgency): { readonly answer: number; readonly rest: number } {
    if (urgency === "call") return this.#patienceInCall(index);
    const growth = 2 ** Math.min(this.#round, 4);
    const answer = Math.max(ANSWER * growth, Math.min(this.#took, MOST));
    const isSilent = this.#states.some((state) => state.isTried && state.failure === "silent");
    const least = isSilent ? REST_AFTER_SILENCE : REST;
    const rest = Math.max(least * growth, Math.min(2 * this.#took, MOST));
    return { answer: Math.min(answer, MOST), rest: Math.min(rest, MOST) };
  }

  #patienceInCall(index: number): { readonly answer: number; readonly rest: number } {
    const every = Math.max(2, Math.floor(PATIENT_EVERY / this.rungs.length));
    const prefix = prefixOf(this.#rung(index));
    const isAlone = this.rungs.every((rung) => prefixOf(rung) === prefix);
    if (this.#round % every === every - 1) {
      return { answer: SLOW_ANSWER, rest: isAlone ? MOST : PATIENT_REST_OF_MANY };
    }
    return {
      answer: Math.max(CALL_ANSWER, Math.min(this.#took, SLOW_ANSWER)),
      rest: Math.max(isAlone ? CALL_REST_ALONE : CALL_REST, Math.min(2 * this.#took, SLOW_REST)),
    };
  }

  /** Count a TLS handshake with a rung, whatever came of it. */
  saidHello(index: number, now: number): void {
    this.#hellos.add(this.#rung(index), now);
  }

  /** Learn that an attempt brought no line. */
  failed(index: number, now: number, failure: Failure): void {
    this.#note(index, now, failure);
    this.#attempts += 1;
  }

  #note(index: number, now: number, failure: Failure): void {
    Object.assign(this.#state(index), { failedAt: now, failure, isTried: true });
    this.#last = index;
  }

  /** Learn that a line is open and its home keeps it; `took` seconds from the first packet. */
  opened(index: number, took: number): void {
    this.#took = took;
    this.#round = 0;
    this.#attempts = 0;
    this.#last = null;
    for (const state of this.#states) Object.assign(state, { isTried: false, failure: null });
    this.#state(index).failedAt = null;
    this.#worked = [index, ...this.#worked.filter((other) => other !== index)];
  }

  /** Learn that an open line is no more, after `lived` seconds; `isMute`: it fell silent. */
  ended(index: number, now: number, lived: number, isMute: boolean): void {
    const state = this.#state(index);
    if (!isMute) {
      if (lived < BRIEF_SECONDS) this.#note(index, now, "refused");
      if (lived >= YOUNG_SECONDS) Object.assign(state, { mutes: 0, isDemoted: false });
      return;
    }
    this.#note(index, now, "silent");
    if (lived >= YOUNG_SECONDS) return;
    state.mutes += 1;
    if (state.mutes >= MUTES_MOST && this.rungs.length > 1) {
      state.isDemoted = true;
      this.#worked = this.#worked.filter((other) => other !== index);
    }
  }

  /** Give the seconds until the next attempt; `dice` is a random number from 0 to 1. */
  pause(urgency: Urgency, dice: number): number {
    return this.#pause(urgency) * (1 - JITTER + 2 * JITTER * dice);
  }

  #pause(urgency: Urgency): number {
    if (!this.#isRoundOver()) return BETWEEN;
    if (urgency === "call") return CALL_PAUSES[this.#attempts >= CALL_ATTEMPTS ? 1 : 0];
    const pause = ROUND_PAUSES[Math.min(this.#round, ROUND_PAUSES.length - 1)] ?? BETWEEN;
    const isShort = urgency === "somebody" && this.#round < WAITING_ROUNDS;
    return isShort ? Math.min(pause, WAITING_PAUSE_MOST) : pause;
  }

  #indices(are: (state: State) => boolean): readonly number[] {
    return [...this.#states.keys()].filter((index) => are(this.#state(index)));
  }

  #state(index: number): State {
    return found(this.#states[index]);
  }

  #rung(index: number): Rung {
    return found(this.rungs[index]);
  }
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError("there is no such rung");
  return value;
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, place) => value !== other[place]);
  return at === -1 ? 0 : found(one[at]) - found(other[at]);
}
