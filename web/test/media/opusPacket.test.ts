/** Opus packets of every duration have one size, and hold what they held. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { lost20Ms, packetSamples, padTo } from "../../src/media/opusPacket";
import type { Bytes } from "../../src/wire/bytes";

const WIDE_60_MS = 11 << 3;

/** Take the frames out of a padded packet, by the words of RFC 6716 §3.2.5. */
function framesOf(opus: Bytes): number[][] {
  const bytes = [...opus];
  const code = (bytes.shift() ?? 0) & 3;
  const counted = code === 3 ? (bytes.shift() ?? 0) : code === 0 ? 1 : code === 1 ? 2 : 0x82;
  let padding = 0;
  for (let more = (counted & 0x40) !== 0; more; ) {
    const octet = bytes.shift() ?? 0;
    padding += octet === 255 ? 254 : octet;
    more = octet === 255;
  }
  const zeros = bytes.splice(bytes.length - padding);
  expect(zeros.every((zero) => zero === 0)).toBe(true);
  const count = counted & 0x3f;
  if ((counted & 0x80) === 0) {
    expect(bytes.length % count).toBe(0);
    const each = bytes.length / count;
    return Array.from({ length: count }, (_, n) => bytes.slice(n * each, (n + 1) * each));
  }
  const first = bytes.shift() ?? 0;
  const length = first < 252 ? first : first + 4 * (bytes.shift() ?? 0);
  return [bytes.slice(0, length), bytes.slice(length)];
}

const frame = (most: number): fc.Arbitrary<Bytes> => fc.uint8Array({ minLength: 1, maxLength: most });

describe("padding", () => {
  it("keeps one frame, or two that are alike or not, at any size that is large enough", () => {
    fc.assert(
      fc.property(frame(300), frame(300), fc.integer({ min: 0, max: 2 }), fc.nat(700), (a, b, code, more) => {
        const [toc, long] = [WIDE_60_MS | code, a.length < 252 ? [a.length] : [252 + (a.length & 3), (a.length - 252 - (a.length & 3)) / 4]];
        const rest = [[...a], [...a, ...a], [...long, ...a, ...b]][code] ?? [];
        const packet = Uint8Array.of(toc, ...rest);
        const padded = padTo(packet, packet.length + more);
        expect(padded).toHaveLength(packet.length + more);
        expect(framesOf(padded)).toEqual(framesOf(packet));
        expect(packetSamples(padded)).toBe(packetSamples(packet));
      }),
    );
  });

  it("refuses a packet that is too long already, or that says itself how it is padded", () => {
    expect(() => padTo(new Uint8Array(5), 4)).toThrow(RangeError);
    expect(() => padTo(Uint8Array.of(WIDE_60_MS | 3, 1, 2), 9)).toThrow(RangeError);
    expect(() => padTo(new Uint8Array(0), 9)).toThrow(RangeError);
  });
});

describe("the first byte", () => {
  it.each([
    ["SILK wide band, 20 ms", [9 << 3], 960],
    ["SILK wide band, 60 ms twice", [(11 << 3) | 1], 5760],
    ["hybrid, 20 ms", [15 << 3], 960],
    ["CELT, 2.5 ms", [16 << 3], 120],
    ["three of 20 ms", [(9 << 3) | 3, 3], 2880],
    ["a count that is missing", [(9 << 3) | 3], null],
    ["nothing", [], null],
  ])("tells how long a packet is: %s", (_, bytes, samples) => {
    expect(packetSamples(Uint8Array.from(bytes))).toBe(samples);
  });

  it("makes 20 ms of the same kind that are lost, whatever was heard last", () => {
    for (let kind = 0; kind < 32; kind += 1) {
      const lost = lost20Ms(Uint8Array.of((kind << 3) | 3, 2));
      expect(lost).toHaveLength(1);
      expect(packetSamples(lost)).toBe(960);
      expect(lost20Ms(lost)).toEqual(lost);
    }
  });
});
