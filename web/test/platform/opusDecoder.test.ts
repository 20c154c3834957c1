/** What a call hears when the browser's decoder misbehaves: silence for a moment, never for ever. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { OpusDecoder } from "../../src/platform/opusDecoder";

const SILK_WIDE_20_MS = Uint8Array.of(0x48, 0, 0);

/** Be a browser whose decoder answers, or swallows what it is given. */
let isMute = false;

class Decoder {
  state = "unconfigured";
  constructor(private readonly hooks: { readonly output: (data: unknown) => void }) {}
  configure(): void {
    this.state = "configured";
  }
  decode(): void {
    if (isMute) return;
    const data = {
      numberOfFrames: 960,
      copyTo: (pcm: Float32Array) => pcm.fill(0.5),
      close: () => undefined,
    };
    queueMicrotask(() => {
      this.hooks.output(data);
    });
  }
  close(): void {
    this.state = "closed";
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("AudioDecoder", Decoder);
  vi.stubGlobal("EncodedAudioChunk", Object);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a packet that the browser swallows is silence after a second, and the next one is heard", async () => {
  isMute = false;
  const decoder = new OpusDecoder();
  await vi.advanceTimersByTimeAsync(0);
  isMute = true;
  const swallowed = decoder.decode(SILK_WIDE_20_MS, 960);
  await vi.advanceTimersByTimeAsync(1000);
  expect((await swallowed).every((sample) => sample === 0)).toBe(true);
  isMute = false;
  expect((await decoder.decode(SILK_WIDE_20_MS, 960))[0]).toBe(0.5);
});
