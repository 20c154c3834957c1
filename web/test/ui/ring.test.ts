/** The ring of two voices: true levels, hollows where sound was lost, two halves. */

import { expect, test } from "vitest";
import {
  addLevel,
  addReport,
  arcPath,
  CENTRE,
  levelOf,
  placeTick,
  type Ring,
  STILL_RING,
  TICKS,
} from "../../src/ui/ring";

function speak(ring: Ring, tenths: number, lost = 0, muted = false): Ring {
  let grown = ring;
  for (let tenth = 0; tenth < tenths; tenth += 1) {
    grown = addLevel(grown, { theirs: 0.1, yours: 0.05, lost: tenth < lost }, muted);
  }
  return grown;
}

test("four tenths of a second make one tick, the newest first", () => {
  // Twelve seconds fit: enough to see since when something is wrong.
  const ring = speak(STILL_RING, 4);
  expect(ring.theirs).toHaveLength(TICKS);
  expect(ring.theirs[0]).toEqual({ kind: "heard", level: levelOf(0.1) });
  expect(ring.theirs[1]).toEqual({ kind: "dot" });
  expect(speak(STILL_RING, 3).theirs[0]).toEqual({ kind: "dot" });
});

test("sound that was lost is a hollow, not a quiet tick", () => {
  // "They are silent" and "I cannot hear them" must look different.
  expect(speak(STILL_RING, 4, 2).theirs[0]).toEqual({ kind: "lost" });
  expect(speak(STILL_RING, 4, 1).theirs[0]?.kind).toBe("heard");
});

test("while muted nothing of your voice is drawn", () => {
  // A muted person who sees his ticks dance would go on talking.
  expect(speak(STILL_RING, 4, 0, true).yours[0]).toEqual({ kind: "dot" });
});

test("your last second turns hollow when they report that it did not arrive", () => {
  // Only so does one learn that one is not heard.
  const ring = speak(STILL_RING, 16);
  const quality = {
    framesExpected: 0,
    framesOnTime: 0,
    framesLate: 0,
    framesLost: 0,
    bufferMs: 0,
    rttMs: null,
    mode: "standard",
  };
  const kinds = addReport(ring, { ...quality, remoteOnTime: 0.2 }).yours.slice(0, 5);
  expect(kinds.map(({ kind }) => kind)).toEqual(["lost", "lost", "lost", "heard", "dot"]);
  expect(addReport(ring, { ...quality, remoteOnTime: null })).toBe(ring);
  expect(addReport(ring, { ...quality, remoteOnTime: 1 })).toBe(ring);
});

test("levels follow the ear and stay within the ring", () => {
  expect(levelOf(0)).toBe(0);
  expect(levelOf(1)).toBe(1);
  expect(levelOf(0.0316)).toBeCloseTo(0.5, 2);
});

test("you stand at the start, they at the end, and both meet at the top", () => {
  const tick = { kind: "heard", level: 1 } as const;
  const [yours, theirs] = [placeTick("start", 0, TICKS, tick), placeTick("end", 0, TICKS, tick)];
  expect(yours.x1).toBeLessThan(CENTRE);
  expect(theirs.x1).toBeGreaterThan(CENTRE);
  expect(yours.y2).toBeCloseTo(theirs.y2, 1);
  expect(placeTick("end", TICKS - 1, TICKS, tick).y1).toBeGreaterThan(CENTRE);
});

test("older ticks fade, but stay visible", () => {
  // 0.75 keeps three to one against the page.
  expect(placeTick("end", 0, TICKS, { kind: "dot" }).opacity).toBe(1);
  expect(placeTick("end", TICKS - 1, TICKS, { kind: "dot" }).opacity).toBe(0.75);
});

test("the steps of a call fill four arcs clockwise from the top", () => {
  const start = /^M([\d.]+) ([\d.]+)/.exec(arcPath(0));
  expect(Number(start?.[1])).toBeGreaterThan(CENTRE);
  expect(Number(start?.[2])).toBeLessThan(CENTRE);
});
