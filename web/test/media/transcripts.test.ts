/** What decides about the page's sound repeats what Python's did (tools/media_transcripts.py). */

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { Adaptation } from "../../src/media/adaptation";
import { JitterBuffer } from "../../src/media/jitterBuffer";
import { MODES, STANDARD } from "../../src/media/modes";
import { type Pcm, lengthen, shorten } from "../../src/media/stretch";

interface BufferCase {
  readonly what: string;
  readonly steps: readonly {
    readonly put?: readonly [number, number, number];
    readonly take?: readonly [number, number];
  }[];
  readonly out: readonly unknown[];
}

interface StretchCase {
  readonly what: string;
  readonly samples: readonly number[];
  readonly out: { readonly shorter: readonly number[]; readonly longer: readonly number[] };
}

interface AdaptationCase {
  readonly what: string;
  readonly steps: readonly (readonly [string, number, number?, number?])[];
  readonly out: readonly (readonly [number, boolean])[];
}

interface Transcripts {
  readonly buffer: readonly BufferCase[];
  readonly stretch: readonly StretchCase[];
  readonly adaptation: readonly AdaptationCase[];
}

function transcripts(): Transcripts {
  const file = new URL("../../../tests/data/media_transcripts.json", import.meta.url);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-return -- the file is ours
  return JSON.parse(readFileSync(file, "utf-8"));
}

function replayBuffer(steps: BufferCase["steps"]): unknown[] {
  const buffer = new JitterBuffer();
  const out: unknown[] = [];
  for (const { put, take } of steps) {
    if (put !== undefined) buffer.put(put[0], new Uint8Array(0), put[1], put[2]);
    if (take === undefined) continue;
    const playout = buffer.take(...take);
    out.push(
      playout.kind === "play"
        ? ["play", playout.t, playout.skipSlots, playout.stretch]
        : [playout.kind],
    );
  }
  const stats = buffer.stats();
  out.push([
    stats.framesExpected,
    stats.framesOnTime,
    stats.framesLate,
    stats.framesLost,
    stats.bufferMs,
  ]);
  return out;
}

function replayAdaptation(steps: AdaptationCase["steps"]): unknown[] {
  const adaptation = new Adaptation();
  return steps.map(([what, now, first = 0, second = 0]) => {
    if (what === "report") adaptation.heardReport(first, now, second);
    else if (what === "dropped") adaptation.senderDropped(first, now);
    else if (what === "heard") adaptation.heard(now);
    else if (what === "silent") adaptation.silent(now);
    else if (what === "still") adaptation.stoodStill(first, now);
    else if (what === "choose") adaptation.choose(MODES.get(first) ?? STANDARD);
    else {
      const framesOnTime = Math.floor(50 * now);
      const framesExpected = framesOnTime + first + second;
      const missed = { framesLate: first, framesLost: second };
      adaptation.received({ framesExpected, framesOnTime, ...missed, bufferMs: 0 }, now);
    }
    return [adaptation.mode.code, adaptation.isDoubled];
  });
}

/** Give the length and each 16th sample. */
function sketch(samples: Pcm): number[] {
  return [samples.length, ...samples.filter((_, index) => index % 16 === 0)];
}

function expectClose(samples: Pcm, expected: readonly number[]): void {
  const sketched = sketch(samples);
  expect(sketched).toHaveLength(expected.length);
  const worst = sketched.map((sample, index) => Math.abs(sample - (expected[index] ?? 0)));
  expect(Math.max(...worst)).toBeLessThan(1e-4);
}

const { buffer, stretch, adaptation } = transcripts();

describe("the jitter buffer", () => {
  it.each(buffer)("on $what does what Python's does", ({ steps, out }) => {
    expect(replayBuffer(steps)).toEqual(out);
  });
});

describe("stretching", () => {
  it.each(stretch)("of $what gives what Python's gives", ({ samples, out }) => {
    const block = Float32Array.from(samples, (sample) => sample / 32768);
    expectClose(shorten(block), out.shorter);
    expectClose(lengthen(block), out.longer);
  });
});

describe("adaptation", () => {
  it.each(adaptation)("to $what decides what Python's decides", ({ steps, out }) => {
    expect(replayAdaptation(steps)).toEqual(out);
  });
});
