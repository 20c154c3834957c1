/** The one word for a call's quality: honest, and calm. */

import { expect, test } from "vitest";
import { observeQuality, type QualityState, UNKNOWN_QUALITY, wordFor, NOTHING_TOLD, tellWorse } from "../../src/ui/quality";
import type { CallQuality } from "../../src/worker/messages";

function measure(expected: number, onTime: number, delay: Partial<CallQuality> = {}): CallQuality {
  return {
    framesExpected: expected,
    framesOnTime: onTime,
    framesLate: 0,
    framesLost: expected - onTime,
    bufferMs: 60,
    rttMs: 100,
    mode: "standard",
    remoteOnTime: 1,
    ...delay,
  };
}

/** Let a second pass for each share of frames in time; give the words as they were shown. */
function words(shares: readonly number[], before: QualityState = UNKNOWN_QUALITY): string[] {
  let [state, expected, onTime] = [before, 0, 0];
  return shares.map((share, second) => {
    expected += 50;
    onTime += 50 * share;
    state = observeQuality(state, measure(expected, onTime), second * 1000);
    return state.word;
  });
}

test.each([
  [1, 200, "good"],
  [0.98, 600, "good"],
  [0.98, 601, "fair"],
  [0.979, 200, "fair"],
  [0.93, 200, "fair"],
  [0.929, 200, "weak"],
])("%d of the frames in time at %d ms is %s", (share, delay, word) => {
  expect(wordFor(share, delay)).toBe(word);
});

test("a worse word comes after two seconds, a better one after five", () => {
  // A word that flickers is read by nobody.
  const shown = words([1, 1, 0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(shown.slice(0, 4)).toEqual(["good", "good", "good", "good"]);
  expect(shown[4]).toBe("weak");
  expect(shown.slice(5, 12)).not.toContain("good");
  expect(shown.at(-1)).toBe("good");
});

test("one bad second in between does not change the word", () => {
  // A single gap is told by a hollow tick of the ring, not by the word.
  expect(new Set(words([1, 1, 1, 1, 1, 0.96, 1, 1, 1, 1, 1]))).toEqual(new Set(["good"]));
});

test("the share is of the last seconds, not of the whole call", () => {
  // After an hour of good sound a broken minute would otherwise still be called good.
  let state = UNKNOWN_QUALITY;
  state = observeQuality(state, measure(180_000, 180_000), 0);
  for (let second = 1; second <= 6; second += 1) {
    state = observeQuality(state, measure(180_000 + second * 50, 180_000), second * 1000);
  }
  expect(state.onTime).toBe(0);
  expect(state.word).toBe("weak");
});

test("a worse word is told once, when it has lasted; a better one does not interrupt", () => {
  const words = ["good", "fair", "fair", "weak", "weak", "weak", "good", "fair"] as const;
  let telling = NOTHING_TOLD;
  const said = words.map((word, second) => {
    telling = tellWorse(telling, word, second * 1000);
    return telling.say;
  });
  expect(said).toEqual([null, null, null, null, "weak", null, null, null]);
});
