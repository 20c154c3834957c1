/**
 * Say why a call went wrong, from what this side itself saw, how sure that is, and what to do now.
 *
 * A call that people ended as they meant to needs no reason, unless it broke off under them.
 */

import type { EndReason, Failure, Moment, MomentKind, Trace } from "../worker/messages";
import type { Key } from "./words";

export type Certainty = "sure" | "likely" | "unclear";

export interface Verdict {
  readonly certainty: Certainty;
  /** What lay behind it, as far as that is known. */
  readonly cause: Key | null;
  /** The next steps, the most promising first. */
  readonly next: readonly Key[];
}

/** So much silence in a call is worth a word, however it ended. */
const MUCH_SECONDS = 10;
/** Who hangs up after so long without a sound does it for that. */
const ENDED_SILENT_SECONDS = 2;

/** One sentence, and one step. */
interface Words {
  readonly why: Key;
  readonly next: Key;
}

const FAILURES: Readonly<Record<Failure, Words>> = {
  connection_refused: { why: "net.refused", next: "fix.host" },
  connection_reset: { why: "net.reset", next: "why.switch" },
  generic_timeout_error: { why: "net.timeout", next: "why.switch" },
  dns_nxdomain_error: { why: "net.noname", next: "fix.address" },
  dns_lookup_error: { why: "net.dns", next: "why.switch" },
  host_unreachable: { why: "net.noway", next: "next.online" },
  ssl_failed_handshake: { why: "net.tls", next: "fix.network" },
  eof_error: { why: "net.closed", next: "next.wait" },
  http_not_a_home: { why: "net.nohome", next: "fix.address" },
  line_wrong_key: { why: "net.wrongkey", next: "fix.ask" },
  newer_release: { why: "net.newer", next: "fix.reload" },
  line_mute: { why: "net.mute", next: "fix.host" },
  unknown_failure: { why: "net.unknown", next: "next.online" },
};

/** Say why the home cannot be reached, and what to do about it. */
export function failureWords(failure: Failure): Words {
  return FAILURES[failure];
}

/** Judge one call; null where there is nothing to explain. */
export function verdictOf(reason: EndReason, trace: Trace): Verdict | null {
  switch (reason) {
    case "hangup":
    case "remote_hangup":
      return isTroubled(trace) ? soundVerdict(trace) : null;
    case "cancelled":
    case "declined":
    case "answered_elsewhere":
      return null;
    case "busy":
      return { certainty: "sure", cause: null, next: ["next.wait"] };
    case "away":
      return { certainty: "likely", cause: null, next: ["next.tell", "next.wait"] };
    case "no_answer":
    case "full":
      return { certainty: "sure", cause: null, next: ["next.tell"] };
    case "lost":
      return soundVerdict(trace);
    case "unreachable":
      return networkVerdict(trace.failure);
    case "alarm":
    case "altered":
    case "out_of_step":
      return { certainty: "sure", cause: null, next: ["next.invite"] };
    case "failed":
      return { certainty: "unclear", cause: null, next: ["next.reload", "next.wait"] };
  }
}

/** Tell whether people who ended a call were driven to it. */
export function isTroubled({ moments }: Trace): boolean {
  return (
    secondsOf(moments, "silent") >= MUCH_SECONDS ||
    secondsOf(moments, "unheard") >= MUCH_SECONDS ||
    endedSilent(moments)
  );
}

/** The home cannot be reached: a page is seldom told why. */
function networkVerdict(failure: Failure | null): Verdict {
  if (failure === null) return { certainty: "unclear", cause: null, next: ["next.wait"] };
  const { why, next } = FAILURES[failure];
  const steps: readonly Key[] = [next, "why.switch", "next.wait"];
  return {
    certainty: failure === "unknown_failure" ? "unclear" : "sure",
    cause: why,
    next: steps.filter((step, at) => steps.indexOf(step) === at),
  };
}

/** The sound stopped, or never came: whose network it was, the line to the home tells. */
function soundVerdict({ moments, failure }: Trace): Verdict {
  if (failure !== null || moments.some(({ kind }) => kind === "lineLost")) {
    return { certainty: "sure", cause: "why.own", next: ["why.switch", "next.wait"] };
  }
  if (secondsOf(moments, "silent") > 0 || !has(moments, "sound")) {
    // Nothing was seen of a call of an earlier version of this page.
    if (moments.length === 0) return { certainty: "unclear", cause: null, next: ["why.switch", "next.wait"] };
    return { certainty: "likely", cause: "why.theirs", next: ["next.theirs", "next.wait"] };
  }
  return { certainty: "sure", cause: "why.unheard", next: ["why.switch", "next.wait"] };
}

function endedSilent(moments: readonly Moment[]): boolean {
  const end = moments.find(({ kind }) => kind === "ended");
  const last = moments.findLast(({ kind }) => kind === "silent");
  if (end === undefined || last === undefined || last.lengthS < ENDED_SILENT_SECONDS) return false;
  return last.at + last.lengthS * 1000 >= end.at;
}

function secondsOf(moments: readonly Moment[], wanted: MomentKind): number {
  return moments.reduce((sum, { kind, lengthS }) => sum + (kind === wanted ? lengthS : 0), 0);
}

function has(moments: readonly Moment[], wanted: MomentKind): boolean {
  return moments.some(({ kind }) => kind === wanted);
}

/** One line of what was seen. */
export interface Seen {
  readonly key: Key;
  /** Unix milliseconds. */
  readonly at: number;
  /** For what lasted. */
  readonly seconds: number;
  readonly isBad: boolean;
}

const MOMENTS: Readonly<Record<MomentKind, Omit<Seen, "at" | "seconds">>> = {
  reached: { key: "seen.reached", isBad: false },
  came: { key: "seen.came", isBad: false },
  rang: { key: "seen.rang", isBad: false },
  locked: { key: "seen.locked", isBad: false },
  sound: { key: "seen.sound", isBad: false },
  silent: { key: "seen.silent", isBad: true },
  unheard: { key: "seen.unheard", isBad: true },
  lineLost: { key: "seen.lost", isBad: true },
  lineBack: { key: "seen.back", isBad: false },
  lowered: { key: "seen.lowered", isBad: true },
  ended: { key: "seen.ended", isBad: false },
};

/** List what was seen, and what was waited for in vain, in the order of time. */
export function seenIn(direction: "in" | "out" | "missed", { moments }: Trace): readonly Seen[] {
  const end = moments.find(({ kind }) => kind === "ended");
  const seen = moments
    .filter(({ kind }) => kind !== "ended")
    .map(({ kind, at, lengthS }): Seen => {
      const key = kind === "rang" && direction !== "out" ? "seen.here" : MOMENTS[kind].key;
      return { ...MOMENTS[kind], key, at, seconds: lengthS };
    })
    .sort((a, b) => a.at - b.at);
  if (end === undefined) return seen;
  const vain = missing(direction, moments);
  const { at } = end;
  return [
    ...seen,
    ...(vain === null ? [] : [{ key: vain, at, seconds: 0, isBad: true }]),
    { ...MOMENTS.ended, at, seconds: 0 },
  ];
}

function missing(direction: "in" | "out" | "missed", moments: readonly Moment[]): Key | null {
  if (has(moments, "locked")) return has(moments, "sound") ? null : "seen.nosound";
  return direction === "out" && !has(moments, "rang") ? "seen.norang" : null;
}
