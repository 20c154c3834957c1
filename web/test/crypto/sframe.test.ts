/** Sound under keys: no counter twice, no frame twice. */

import fc from "fast-check";
import { expect, test } from "vitest";

import {
  FIRST_CTR,
  SFrameReceiver,
  SFrameSender,
  WINDOW,
  parseHeaderUntrusted,
  sealFrame,
} from "../../src/crypto/sframe";
import { WireError } from "../../src/errors";
import { anyBytes, damaged, dice, onlyWireError } from "../noise";

const KEY = dice()(32);
const SOUND = Uint8Array.of(1, 2, 3);

// Two frames under one counter give both away, and a page seals before the last seal is done.
test("frames sealed at once have counters of their own", async () => {
  const sender = new SFrameSender(KEY);
  const sealed = await Promise.all(Array.from({ length: 50 }, () => sender.seal(SOUND)));
  const counters = sealed.map((frame) => parseHeaderUntrusted(frame).ctr);
  expect(counters).toEqual(Array.from({ length: 50 }, (_, index) => FIRST_CTR + BigInt(index)));
});

test("a copy of a sender cannot seal", () => {
  const copy: object = structuredClone(new SFrameSender(KEY));
  expect(copy).not.toBeInstanceOf(SFrameSender);
  expect(Object.keys(copy)).toEqual([]);
});

test("a frame opens once, also when its copy comes at the same moment", async () => {
  const frame = await new SFrameSender(KEY).seal(SOUND);
  const receiver = new SFrameReceiver(KEY);
  const both = await Promise.all([receiver.openUntrusted(frame), receiver.openUntrusted(frame)]);
  expect(both.filter((opened) => opened !== null)).toEqual([SOUND]);
  expect(await receiver.openUntrusted(frame)).toBeNull();
});

test("frames open in any order, and those below the window do not", async () => {
  const receiver = new SFrameReceiver(KEY);
  const at = (ctr: number) => sealFrame(KEY, 0n, BigInt(ctr), SOUND);
  for (const ctr of [5, 3, 4, WINDOW + 4]) {
    expect(await receiver.openUntrusted(await at(ctr))).toEqual(SOUND);
  }
  // 5 is still inside and known, 6 inside and new, 4 has left, and so has 2, which never came.
  expect(await receiver.openUntrusted(await at(5))).toBeNull();
  expect(await receiver.openUntrusted(await at(6))).toEqual(SOUND);
  expect(await receiver.openUntrusted(await at(4))).toBeNull();
  expect(await receiver.openUntrusted(await at(2))).toBeNull();
});

// Else whoever can write into the room could silence it with one frame.
test("a forged frame moves no window", async () => {
  const receiver = new SFrameReceiver(KEY);
  const forged = await sealFrame(dice(2)(32), 0n, 2n ** 31n, SOUND);
  await expect(receiver.openUntrusted(forged)).rejects.toThrow(WireError);
  expect(await receiver.openUntrusted(await sealFrame(KEY, 0n, 1n, SOUND))).toEqual(SOUND);
});

test("a set of opened counters is what a set would remember", async () => {
  const counters = fc.array(fc.nat(3 * WINDOW), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(counters, async (ctrs) => {
      const receiver = new SFrameReceiver(KEY);
      const seen = new Set<number>();
      for (const ctr of ctrs) {
        const isOver = seen.has(ctr) || Math.max(-1, ...seen) - ctr >= WINDOW;
        const opened = await receiver.openUntrusted(await sealFrame(KEY, 0n, BigInt(ctr), SOUND));
        expect(opened === null).toBe(isOver);
        seen.add(ctr);
      }
    }),
    { numRuns: 30 },
  );
});

test("frames of another encoder are bad messages", async () => {
  const frame = await new SFrameSender(KEY, 1).seal(SOUND);
  await expect(new SFrameReceiver(KEY, 0).openUntrusted(frame)).rejects.toThrow(WireError);
  expect(await new SFrameReceiver(KEY, 1).openUntrusted(frame)).toEqual(SOUND);
});

test("noise knows one error only", async () => {
  const good = await new SFrameSender(KEY).seal(SOUND);
  await fc.assert(
    fc.asyncProperty(fc.oneof(anyBytes(40), damaged(good)), (data) =>
      onlyWireError(() => new SFrameReceiver(KEY).openUntrusted(data)),
    ),
  );
});
