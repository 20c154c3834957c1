/** What the encoder hears: speech as it was, and nothing folded into it from above. */

import { describe, expect, it } from "vitest";

import { Decimator, SPEECH_RATE } from "../../src/media/decimate";
import { SAMPLE_RATE } from "../../src/media/modes";

const BLOCK = 960;
const BLOCKS = 20;

function tone(hertz: number, rate: number, count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, n) => Math.sin((2 * Math.PI * hertz * n) / rate));
}

function decibelsThrough(hertz: number): number {
  const decimator = new Decimator();
  const sound = tone(hertz, SAMPLE_RATE, BLOCK * BLOCKS);
  const out = Array.from({ length: BLOCKS }, (_, n) => [
    ...decimator.feed(sound.slice(n * BLOCK, (n + 1) * BLOCK)),
  ]).flat();
  // Without the first block: the filter has to fill.
  const settled = out.slice(BLOCK / 3);
  const power = settled.reduce((sum, one) => sum + one * one, 0) / settled.length;
  return 10 * Math.log10(power / 0.5);
}

describe("the way to 16 kHz", () => {
  it.each([50, 300, 1000, 3400, 6000, 7000])("leaves %i Hz as loud as it was", (hertz) => {
    expect(Math.abs(decibelsThrough(hertz))).toBeLessThan(0.1);
  });

  it.each([9000, 10_000, 12_500, 15_900, 17_000, 23_000])("lets nothing of %i Hz through", (hertz) => {
    expect(decibelsThrough(hertz)).toBeLessThan(-60);
  });

  it("has no seams between blocks: a tone comes out as that tone, 1 ms later", () => {
    const decimator = new Decimator();
    const sound = tone(1000, SAMPLE_RATE, BLOCK * 3);
    const out = [0, 1, 2].flatMap((n) => [
      ...decimator.feed(sound.slice(n * BLOCK, (n + 1) * BLOCK)),
    ]);
    const late = (94 / 2) * (SPEECH_RATE / SAMPLE_RATE);
    for (let n = 100; n < out.length; n += 1) {
      const wanted = Math.sin((2 * Math.PI * 1000 * (n - late)) / SPEECH_RATE);
      expect(Math.abs((out[n] ?? 0) - wanted)).toBeLessThan(0.01);
    }
  });

  it("gives a third of the samples, and refuses what has no third", () => {
    expect(new Decimator().feed(new Float32Array(960))).toHaveLength(320);
    expect(() => new Decimator().feed(new Float32Array(128))).toThrow(RangeError);
  });
});
