/** The page's ladder repeats what Python's did (tools/ladder_transcripts.py). */

import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { type Failure, Hellos, Ladder, type Urgency } from "../../src/protocol/ladder";

type Step =
  | readonly ["choose", number, Urgency, readonly number[]]
  | readonly ["hello", number, number]
  | readonly ["failed", number, number, Failure]
  | readonly ["opened", number, number]
  | readonly ["ended", number, number, number, boolean]
  | readonly ["pause", Urgency, number];

interface Case {
  readonly what: string;
  readonly rungs: readonly (readonly [number, string, string, number, boolean])[];
  readonly worked: readonly number[];
  readonly demoted: readonly number[];
  readonly careful: boolean;
  readonly steps: readonly Step[];
  readonly out: readonly unknown[];
}

function transcripts(): readonly Case[] {
  const file = new URL("../../../tests/data/ladder_transcripts.json", import.meta.url);
  const read: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isCases(read)) throw new Error("these are no transcripts");
  return read;
}

function isCases(read: unknown): read is readonly Case[] {
  return Array.isArray(read) && read.length > 0;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

function take(ladder: Ladder, step: Step): unknown {
  switch (step[0]) {
    case "choose": {
      const { rung, wait, answer, rest } = ladder.choose(step[1], step[2], step[3]);
      return [rung, ...[wait, answer, rest].map(rounded)];
    }
    case "hello":
      ladder.saidHello(step[1], step[2]);
      return null;
    case "failed":
      ladder.failed(step[1], step[2], step[3]);
      return null;
    case "opened":
      ladder.opened(step[1], step[2]);
      return null;
    case "ended":
      ladder.ended(step[1], step[2], step[3], step[4]);
      return null;
    case "pause":
      return rounded(ladder.pause(step[1], step[2]));
  }
}

describe("the ladder", () => {
  test.each(transcripts())("does as the command line's: $what", (given) => {
    const rungs = given.rungs.map(([endpoint, host, name, port, byProxy]) => {
      return { endpoint, host, name, port, byProxy };
    });
    const ladder = new Ladder(rungs, new Hellos(), given.worked, given.demoted);
    ladder.isCareful = given.careful;
    const out: unknown[] = given.steps.map((step) => take(ladder, step));
    out.push([ladder.worked, ladder.demoted, ladder.failures]);
    expect(out.length).toBe(given.out.length);
    for (const [at, found] of out.entries()) expect([at, found]).toEqual([at, given.out[at]]);
  });
});
