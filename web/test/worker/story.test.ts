/** What is written down of a call, so that somebody can be told why it went wrong. */

import { expect, test } from "vitest";

import type { CallQuality } from "../../src/worker/messages";
import { LogRecord, MOMENTS_MOST, nameOf, What } from "../../src/worker/records";
import { Story } from "../../src/worker/story";
import { shownTrace } from "../../src/worker/past";

const BEGAN = 1000;

function told(story: Story): string[] {
  return story.moments.map(({ what, at, length }) => `${nameOf(What, what) ?? "?"} ${at} ${length}`);
}

function quality(mode: string, remoteOnTime: number | null): { kind: "quality"; quality: CallQuality } {
  const counts = { framesExpected: 0, framesOnTime: 0, framesLate: 0, framesLost: 0, bufferMs: 60 };
  return { kind: "quality", quality: { ...counts, rttMs: null, mode, remoteOnTime } };
}

test("a call that was answered and never heard says where it stopped", () => {
  const story = new Story("reached", BEGAN);
  story.note("rang", BEGAN + 1.2);
  story.note("locked", BEGAN + 8.6);
  story.end(BEGAN + 98.6);
  expect(told(story)).toEqual(["reached 0 0", "rang 1 0", "locked 9 0", "ended 99 0"]);
});

test("one silence is one moment, as long as it lasted, also when it never ended", () => {
  const story = new Story("came", BEGAN);
  story.heard({ kind: "trouble", silentMs: 500 }, BEGAN + 10);
  story.heard({ kind: "recovered" }, BEGAN + 10.3);
  for (const half of [1, 2, 3, 4, 5, 6]) {
    story.heard({ kind: "trouble", silentMs: half * 500 }, BEGAN + 20 + half / 2);
  }
  story.heard({ kind: "recovered" }, BEGAN + 24);
  story.heard({ kind: "trouble", silentMs: 1000 }, BEGAN + 31);
  story.end(BEGAN + 45);
  // Half a second is a hiccup; nobody needs it explained.
  expect(told(story)).toEqual(["came 0 0", "silent 20 4", "silent 30 15", "ended 45 0"]);
});

test("it is noted when the other side says that we do not arrive", () => {
  const story = new Story("reached", BEGAN);
  const shares = [1, 0.2, 1, 0.2, 0.1, 0, 0.9];
  shares.forEach((share, second) => {
    story.heard(quality("standard", share), BEGAN + second);
  });
  story.end(BEGAN + 20);
  expect(told(story)).toEqual(["reached 0 0", "unheard 2 4", "ended 20 0"]);
});

test("a line that breaks and a mode that goes down are noted, each once", () => {
  const story = new Story("reached", BEGAN);
  story.line(true, BEGAN + 1);
  story.line(false, BEGAN + 5);
  story.line(false, BEGAN + 6);
  story.line(true, BEGAN + 8);
  for (const mode of ["standard", "saver", "saver", "standard"]) {
    story.heard(quality(mode, null), BEGAN + 9);
  }
  expect(told(story)).toEqual(["reached 0 0", "lineLost 5 0", "lineBack 8 0", "lowered 9 0"]);
});

test("a call with endless trouble does not fill the store, and still has its end", () => {
  const story = new Story("reached", BEGAN);
  for (let minute = 0; minute < 100; minute += 1) {
    story.heard({ kind: "trouble", silentMs: 2000 }, BEGAN + minute * 60 + 2);
    story.heard({ kind: "recovered" }, BEGAN + minute * 60 + 3);
  }
  story.end(BEGAN + 6000);
  expect(story.moments).toHaveLength(MOMENTS_MOST);
  expect(told(story).at(-1)).toBe("ended 6000 0");
});

test("what was seen comes back from the store, and an older entry without it is read too", () => {
  const story = new Story("reached", BEGAN);
  story.end(BEGAN + 4);
  const past = {
    contact: Uint8Array.of(1),
    name: "Reza",
    direction: 2,
    at: 1_700_000_000,
    durationS: 0,
    seen: true,
    reason: 10,
    failure: 12,
    story: story.moments,
  } as const;
  expect(LogRecord.parseUntrusted(LogRecord.encode(past))).toEqual(past);
  const older = { ...past, reason: null, failure: null, story: [] };
  expect(LogRecord.parseUntrusted(LogRecord.encode(older))).toEqual(older);
  expect(shownTrace(past.at, past.story, null).moments.at(-1)).toEqual({
    kind: "ended",
    at: 1_700_000_004_000,
    lengthS: 0,
  });
});
