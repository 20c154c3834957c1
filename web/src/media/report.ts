/**
 * Exchange receiver reports: how far away the other side is, and what it hears of us.
 *
 * Feed time and reports in; time is an argument, in seconds. Both sides' clocks may start anywhere: a
 * report echoes the other's clock together with how long it was held, so only differences count
 * (spec/media.md §3).
 */

import { NOTHING_HEARD, type Report, UINT32, hasEcho } from "../wire/audio";
import type { ReceptionStats } from "./playout";

/** Seconds between two reports. */
export const INTERVAL = 1;
/** A round trip above this is a peer's mistake, not a distance. */
export const MAX_RTT_MS = 60_000;

/** Make this side's reports and read the other's. */
export class Reporter {
  #next: number;
  #heard: { readonly report: Report; readonly at: number } | null = null;
  #rttMs: number | null = null;
  #remoteOnTime: number | null = null;
  #remoteArrived: number | null = null;

  /** `start` is in seconds of the clock that every later `now` is read from. */
  constructor(private readonly start: number) {
    this.#next = start + INTERVAL;
  }

  /** The newest round-trip time, or null before the first echo. */
  get rttMs(): number | null {
    return this.#rttMs;
  }

  /** The share (0 to 1) of our slots that the remote had on time in its last second. */
  get remoteOnTime(): number | null {
    return this.#remoteOnTime;
  }

  /** The share (0 to 1) of our slots that reached the remote in its last second. */
  get remoteArrived(): number | null {
    return this.#remoteArrived;
  }

  /** Tell whether the next report should leave now. */
  isDue(now: number): boolean {
    return now >= this.#next;
  }

  /** Make the report that leaves now; `t` is the media time of this side's sender. */
  make(stats: ReceptionStats, t: number, now: number): Report {
    // From `now`, not from `#next`: after a stall one report is enough, not a volley.
    this.#next = now + INTERVAL;
    return {
      kind: "report",
      t,
      sentMs: this.#clockMs(now),
      echoMs: this.#heard?.report.sentMs ?? 0,
      heldMs:
        this.#heard === null
          ? NOTHING_HEARD
          : Math.min(NOTHING_HEARD - 1, Math.max(0, Math.round((now - this.#heard.at) * 1000))),
      expected: stats.framesExpected,
      onTime: stats.framesOnTime,
      late: stats.framesLate,
      lost: stats.framesLost,
      bufferMs: stats.bufferMs,
    };
  }

  /** Take in a report of the remote side; false for one older than the newest, which is ignored. */
  hear(report: Report, now: number): boolean {
    const previous = this.#heard?.report ?? null;
    if (previous !== null) {
      const ahead = (report.sentMs - previous.sentMs) >>> 0;
      if (ahead === 0 || ahead > UINT32 / 2) return false;
    }
    this.#heard = { report, at: now };
    const expected = report.expected - (previous?.expected ?? 0);
    const onTime = report.onTime - (previous?.onTime ?? 0);
    const late = report.late - (previous?.late ?? 0);
    if (expected > 0) {
      this.#remoteOnTime = share(onTime, expected);
      this.#remoteArrived = share(onTime + late, expected);
    }
    if (!hasEcho(report)) return true;
    let rttMs = (this.#clockMs(now) - report.echoMs - report.heldMs) >>> 0;
    // Rounding may take a loopback's zero a little below zero.
    if (rttMs >= UINT32 - 3) rttMs = 0;
    if (rttMs <= MAX_RTT_MS) this.#rttMs = rttMs;
    return true;
  }

  #clockMs(now: number): number {
    // Since the call began, not since the machine did: its uptime is nobody's business.
    return Math.round((now - this.start) * 1000) >>> 0;
  }
}

/** What cannot be (a share outside 0 to 1) is cut, not believed. */
function share(part: number, whole: number): number {
  return Math.min(1, Math.max(0, part / whole));
}
