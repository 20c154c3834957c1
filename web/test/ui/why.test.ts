/** Why a call went wrong: only what was seen, and never more certain than that. */

import { expect, test } from "vitest";

import { reportOf } from "../../src/ui/report";
import { isTroubled, seenIn, verdictOf } from "../../src/ui/why";
import { TABLES } from "../../src/ui/words";
import type { EndReason, Failure, Moment, Trace } from "../../src/worker/messages";
import { FailureCode, Reason } from "../../src/worker/records";

type Line = readonly [kind: Moment["kind"], second: number, lengthS?: number];

function trace(failure: Failure | null, ...lines: readonly Line[]): Trace {
  const moments = lines.map(([kind, second, lengthS = 0]) => ({ kind, at: second * 1000, lengthS }));
  return { moments, failure };
}

const SPOKE: readonly Line[] = [["reached", 0], ["rang", 1], ["locked", 5], ["sound", 6]];
const REASONS = Object.keys(Reason).filter((name): name is EndReason => name in Reason);
const FAILURES = Object.keys(FailureCode).filter((name): name is Failure => name in FailureCode);

test("a call that people ended as they meant to is not explained", () => {
  const fine = trace(null, ...SPOKE, ["silent", 20, 3], ["ended", 90]);
  for (const reason of ["hangup", "remote_hangup", "cancelled", "declined"] as const) {
    expect(verdictOf(reason, fine)).toBeNull();
  }
});

test("who hangs up because nothing is heard is told why", () => {
  const driven = trace(null, ...SPOKE, ["silent", 40, 9], ["ended", 49]);
  expect(isTroubled(driven)).toBe(true);
  expect(verdictOf("hangup", driven)).toMatchObject({ certainty: "likely", cause: "why.theirs" });
  expect(verdictOf("remote_hangup", driven)?.next[0]).toBe("next.theirs");
});

test("whose network it was is told by the line to the server", () => {
  // To send somebody to the other side's network when their own was cut would cost them the call.
  const own = trace("eof_error", ...SPOKE, ["silent", 40, 90], ["lineLost", 41], ["ended", 130]);
  expect(verdictOf("lost", own)).toMatchObject({ certainty: "sure", cause: "why.own" });
  const theirs = trace(null, ...SPOKE, ["silent", 40, 90], ["ended", 130]);
  expect(verdictOf("lost", theirs)).toMatchObject({ certainty: "likely", cause: "why.theirs" });
  const never = trace(null, ["reached", 0], ["rang", 1], ["locked", 5], ["ended", 95]);
  expect(verdictOf("lost", never)).toMatchObject({ certainty: "likely", cause: "why.theirs" });
  expect(verdictOf("lost", trace(null))).toMatchObject({ certainty: "unclear", cause: null });
});

test("what a page is not told is not clear", () => {
  expect(verdictOf("unreachable", trace("unknown_failure"))?.certainty).toBe("unclear");
  expect(verdictOf("unreachable", trace(null))?.certainty).toBe("unclear");
  expect(verdictOf("unreachable", trace("line_mute"))).toMatchObject({
    certainty: "sure",
    cause: "net.mute",
  });
  expect(verdictOf("failed", trace(null))?.certainty).toBe("unclear");
});

test("every failure and every bad end has its own next step, and no step twice", () => {
  const causes = FAILURES.map((failure) => verdictOf("unreachable", trace(failure))?.cause);
  expect(new Set(causes).size).toBe(FAILURES.length);
  for (const reason of REASONS) {
    for (const failure of [...FAILURES, null]) {
      const verdict = verdictOf(reason, trace(failure));
      if (verdict === null) continue;
      expect(verdict.next.length).toBeGreaterThan(0);
      expect(new Set(verdict.next).size).toBe(verdict.next.length);
    }
  }
});

test("what was waited for in vain is named", () => {
  const keys = (direction: "in" | "out", ...lines: readonly Line[]): string[] =>
    seenIn(direction, trace(null, ...lines)).map(({ key, isBad }) => (isBad ? `! ${key}` : key));
  expect(keys("out", ["reached", 0], ["ended", 45])).toEqual([
    "seen.reached",
    "! seen.norang",
    "seen.ended",
  ]);
  expect(keys("in", ["came", 0], ["rang", 1], ["locked", 4], ["ended", 94])).toEqual([
    "seen.came",
    "seen.here",
    "seen.locked",
    "! seen.nosound",
    "seen.ended",
  ]);
});

test("a report holds no name, no address and no time of day", () => {
  const lost = trace("eof_error", ...SPOKE, ["silent", 40, 90], ["lineLost", 41], ["ended", 130]);
  const base = 1_700_000_000;
  const moved = { ...lost, moments: lost.moments.map((each) => ({ ...each, at: each.at + base * 1000 })) };
  const told = { direction: "out", reason: "lost", durationS: 124, certainty: "sure" } as const;
  expect(reportOf("en", { ...told, trace: moved }).replace(/[\u2068\u2069]/g, "")).toBe(
    [
      "hamseda, call of 02:04: out, lost, sure, eof_error",
      "00:00  The server was reached",
      "00:01  Their phone rang",
      "00:05  The call was locked to you two",
      "00:06  First sound from them",
      "00:40  No sound from them for 90 seconds",
      "00:41  Your connection to the server broke",
      "02:10  The call ended",
    ].join("\n"),
  );
  for (const language of ["en", "fa"] as const) {
    const keys = Object.entries(TABLES[language]).filter(([key]) => key.startsWith("seen."));
    expect(keys.filter(([, words]) => words.includes("{name}"))).toEqual([]);
  }
});
