/** The page's jitter buffer repeats what Python's did (tools/jitter_transcripts.py). */

import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { JitterBuffer } from "../../src/media/jitterBuffer";

interface Transcript {
  readonly what: string;
  readonly steps: readonly { readonly put?: readonly [number, number]; readonly take?: number }[];
  readonly out: readonly unknown[];
}

const FILE = new URL("../../../tests/data/jitter_buffer.json", import.meta.url);

function transcripts(): Transcript[] {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-return -- the file is ours
  return JSON.parse(readFileSync(FILE, "utf-8"));
}

function replay(steps: Transcript["steps"]): unknown[] {
  const buffer = new JitterBuffer();
  const out: unknown[] = [];
  for (const { put, take } of steps) {
    if (put !== undefined) buffer.put(put[0], new Uint8Array(0), put[1]);
    if (take === undefined) continue;
    const playout = buffer.take(take);
    out.push(playout.kind === "play" ? { play: playout.t } : { [playout.kind]: true });
  }
  const stats = buffer.stats();
  out.push({
    expected: stats.framesExpected,
    on_time: stats.framesOnTime,
    late: stats.framesLate,
    lost: stats.framesLost,
  });
  return out;
}

describe("the jitter buffer", () => {
  it.each(transcripts())("on $what does what Python's does", ({ steps, out }) => {
    expect(replay(steps)).toEqual(out);
  });
});
