/** Whatever a network or a peer does, the page's buffer stays small and counts right. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { JitterBuffer, MAX_STORED } from "../../src/media/jitterBuffer";
import { SLOT_SAMPLES, SLOT_SECONDS } from "../../src/media/modes";

const PACKET = new Uint8Array(0);

const EVENT = fc.record({
  isPut: fc.boolean(),
  t: fc.nat(2 ** 32 - 1),
  slots: fc.integer({ min: -1, max: 9 }),
  pause: fc.double({ min: 0, max: 1, noNaN: true }),
  pending: fc.double({ min: 0, max: 0.02, noNaN: true }),
});

function expectToAddUp(buffer: JitterBuffer): void {
  const { framesExpected, framesOnTime, framesLate, framesLost } = buffer.stats();
  expect(Math.min(framesOnTime, framesLate, framesLost)).toBeGreaterThanOrEqual(0);
  expect(framesOnTime + framesLate + framesLost).toBe(framesExpected);
}

describe("the jitter buffer", () => {
  it("neither grows nor miscounts nor throws, whatever a peer sends", () => {
    fc.assert(
      fc.property(fc.array(EVENT, { maxLength: 300 }), (events) => {
        const buffer = new JitterBuffer();
        let now = 0;
        for (const { isPut, t, slots, pause, pending } of events) {
          now += pause;
          if (isPut) buffer.put(t, PACKET, slots, now);
          else buffer.take(now, pending);
          expect(buffer.size).toBeLessThanOrEqual(MAX_STORED);
          expectToAddUp(buffer);
        }
      }),
    );
  });

  it("leaves a clean path alone: nothing concealed, nothing stretched", () => {
    const buffer = new JitterBuffer();
    const heard: string[] = [];
    for (let slot = 0; slot < 1000; slot += 1) {
      const now = (slot + 1) * SLOT_SECONDS + 0.05;
      buffer.put(slot * SLOT_SAMPLES, PACKET, 1, now);
      const playout = buffer.take(now + 0.007, 0);
      heard.push(playout.kind === "play" ? playout.stretch : playout.kind);
    }
    expect(new Set(heard.slice(heard.indexOf("none")))).toEqual(new Set(["none"]));
    expect(buffer.stats().bufferMs).toBeLessThanOrEqual(40);
  });
});
