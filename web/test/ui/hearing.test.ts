/** What is noticed of one's own voice: that it goes nowhere, or goes with less quality. */

import { expect, test } from "vitest";

import { hear, type Hearing, sentAs, talksMuted, UNHEARD, wasLowered } from "../../src/ui/hearing";
import type { CallQuality } from "../../src/worker/messages";

const LOUD = 0.1;
const MUTED = { isMuted: true, isSilent: false };
const OPEN = { isMuted: false, isSilent: false };

function level(yours: number): { kind: "levels"; theirs: number; yours: number; lost: boolean } {
  return { kind: "levels", theirs: 0, yours, lost: false };
}

function report(mode: string): { kind: "quality"; quality: CallQuality } {
  const counts = { framesExpected: 50, framesOnTime: 50, framesLate: 0, framesLost: 0, bufferMs: 60 };
  return { kind: "quality", quality: { ...counts, rttMs: null, mode, remoteOnTime: 1 } };
}

test("whoever talks into a muted microphone is told, whoever coughs is not", () => {
  let hearing: Hearing = UNHEARD;
  const say = (yours: number, now: number): boolean => {
    hearing = hear(hearing, level(yours), MUTED, now);
    return talksMuted(hearing, now);
  };
  expect([say(LOUD, 0), say(LOUD, 100), say(0, 200), say(0.001, 300)]).toEqual([false, false, false, false]);
  expect([say(LOUD, 400), say(LOUD, 500)]).toEqual([false, true]);
  // It is not said again with each word, and is over with the mute.
  expect(talksMuted(hearing, 5000)).toBe(true);
  expect(talksMuted(hear(hearing, level(LOUD), OPEN, 600), 600)).toBe(false);
});

test("a smaller mode is told, the first one and a climb are not", () => {
  let hearing: Hearing = UNHEARD;
  const lowered = ["saver", "saver", "survival", "saver", "standard"].map((mode, second) => {
    hearing = hear(hearing, report(mode), OPEN, second * 1000);
    return wasLowered(hearing, second * 1000);
  });
  expect(lowered).toEqual([false, false, true, false, false]);
  expect(sentAs(hearing)).toBe("clear");
});

test("what is spoken into silence is no loss of quality", () => {
  let hearing = hear(UNHEARD, report("standard"), OPEN, 0);
  hearing = hear(hearing, report("last-resort"), { isMuted: false, isSilent: true }, 3000);
  expect(wasLowered(hearing, 3000)).toBe(false);
  hearing = hear(hearing, report("standard"), OPEN, 9000);
  expect(wasLowered(hearing, 9000)).toBe(false);
});
