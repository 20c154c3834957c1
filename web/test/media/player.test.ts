/** What was decoded is played, in order, whole, one slot at a time. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { SLOT_SAMPLES } from "../../src/media/modes";
import { Player } from "../../src/media/player";

const STRETCHES = ["none", "shorter", "longer", "shorter-in-pause", "longer-in-pause"] as const;

function block(slots: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: slots * SLOT_SAMPLES }, (_, index) => index);
}

describe("the player", () => {
  it("plays a frame of 120 ms in six turns", () => {
    const player = new Player();
    expect(player.isHungry).toBe(true);
    player.push(block(6));
    expect(player.pending).toBeCloseTo(0.12);
    const played = Array.from({ length: 6 }, () => [...player.pull()]).flat();
    expect(played).toEqual([...block(6)]);
    expect(player.isHungry).toBe(true);
  });

  it("leaves out what the jitter buffer skips", () => {
    const player = new Player();
    player.push(block(3), 2);
    expect([...player.pull()]).toEqual([...block(3).subarray(2 * SLOT_SAMPLES)]);
    expect(player.pending).toBe(0);
  });

  it("plays silence where there is no sound", () => {
    const player = new Player();
    player.push(Float32Array.of(1));
    expect([...player.pull()]).toEqual([1, ...new Float32Array(SLOT_SAMPLES - 1)]);
  });

  it("stretches a pause where it leaves speech alone", () => {
    const speech = Float32Array.from({ length: SLOT_SAMPLES }, (_, index) => (index % 20) / 40);
    for (const stretch of ["shorter-in-pause", "longer-in-pause"] as const) {
      const player = new Player();
      player.push(speech, 0, stretch);
      expect(player.pending).toBeCloseTo(0.02, 9);
      player.push(new Float32Array(SLOT_SAMPLES), 0, stretch);
      expect(player.pending).not.toBeCloseTo(0.04, 3);
    }
  });

  it("gives one slot a turn, whatever comes out of a decoder", () => {
    const stretch = fc.constantFrom(...STRETCHES);
    const pushed = fc.array(fc.tuple(fc.nat(6), fc.nat(7), stretch), { maxLength: 30 });
    fc.assert(
      fc.property(pushed, (blocks) => {
        const player = new Player();
        for (const [slots, skipped, change] of blocks) {
          player.push(new Float32Array(slots * SLOT_SAMPLES), skipped, change);
          expect(player.pull()).toHaveLength(SLOT_SAMPLES);
          expect(player.pending).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
