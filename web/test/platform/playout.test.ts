/** The speaker's end of a call waits for as little as it can, and for more where that is needed. */

import { beforeEach, describe, expect, it, vi } from "vitest";

const QUANTUM = 128;
const FRAME = 960;
const RATE = 48_000;
/** A browser makes sound in goes of about 10 ms. */
const GO = 4;

interface Processor {
  readonly port: { onmessage: ((event: { readonly data: unknown }) => void) | null };
  process(inputs: unknown, outputs: readonly (readonly Float32Array[])[]): boolean;
}

vi.stubGlobal("currentTime", 0);

class FakePort {
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  needed = 0;
  postMessage({ need }: { readonly need: number }): void {
    this.needed += need;
  }
}

const registered = new Map<string, new () => Processor>();

/** One playout and the Worker that feeds it whose answers come so many goes late. */
class Playing {
  readonly #port = new FakePort();
  readonly #playout: Processor;
  #time = 0;
  #waiting: number[] = [];
  fed = 0;
  played = 0;

  /** `early`: quanta that are made before the port is here. */
  constructor(early = 0) {
    const made = registered.get("hamseda-playout");
    if (made === undefined) throw new Error("the worklet registers no playout");
    this.#playout = new made();
    for (let quantum = 0; quantum < early; quantum += 1) {
      this.#playout.process([], [[new Float32Array(QUANTUM)]]);
    }
    this.#playout.port.onmessage?.({ data: this.#port });
    this.feed(0);
  }

  /** Samples that are asked for or wait to be played. */
  get held(): number {
    return this.fed - this.played + FRAME * (this.#port.needed + this.#waiting.length);
  }

  /** Run for a while; give the gaps, in samples. */
  run(seconds: number, lateGoes: number): number {
    let gaps = 0;
    for (const end = this.#time + seconds; this.#time < end; ) {
      for (let quantum = 0; quantum < GO; quantum += 1) {
        vi.stubGlobal("currentTime", this.#time);
        const output = new Float32Array(QUANTUM);
        this.#playout.process([], [[output]]);
        this.#time += QUANTUM / RATE;
        const heard = output.filter((sample) => sample === 1).length;
        this.played += heard;
        gaps += QUANTUM - heard;
      }
      this.feed(lateGoes);
    }
    return gaps;
  }

  feed(lateGoes: number): void {
    this.#waiting = this.#waiting.map((left) => left - 1);
    for (; this.#port.needed > 0; this.#port.needed -= 1) this.#waiting.push(lateGoes);
    while (this.#waiting[0] !== undefined && this.#waiting[0] <= 0) {
      this.#waiting.shift();
      this.fed += FRAME;
      this.#port.onmessage?.({ data: new Float32Array(FRAME).fill(1).buffer });
    }
  }
}

beforeEach(async () => {
  vi.resetModules();
  vi.stubGlobal("MessagePort", FakePort);
  vi.stubGlobal(
    "AudioWorkletProcessor",
    class {
      readonly port = { onmessage: null };
    },
  );
  vi.stubGlobal("registerProcessor", (name: string, made: new () => Processor) => {
    registered.set(name, made);
  });
  await vi.importActual("../../src/platform/sound.worklet");
});

describe("playout", () => {
  it("plays without a gap and holds 12 ms and a frame at the most, where answers come at once", () => {
    const playing = new Playing();
    expect(playing.run(10, 0)).toBe(0);
    expect(playing.held).toBeLessThanOrEqual(576 + FRAME);
  });

  it("plays also when the browser wanted sound before there was anybody to ask for it", () => {
    expect(new Playing(7).run(1, 0)).toBe(0);
  });

  it("keeps more after a few gaps where answers come late, and has none from then on", () => {
    const playing = new Playing();
    expect(playing.run(1, 3)).toBeGreaterThan(0);
    expect(playing.run(5, 3)).toBe(0);
  });

  it("goes back to little delay when the trouble is over", () => {
    const playing = new Playing();
    playing.run(2, 3);
    playing.run(45, 0);
    expect(playing.held).toBeLessThanOrEqual(576 + FRAME);
  });

  it("tries ever less often whether less would do", () => {
    const playing = new Playing();
    playing.run(30, 3);
    // Of 20 ms frames not one in two hundred has a gap.
    expect(playing.run(200, 3) / RATE).toBeLessThan(0.2);
  });

  it("never holds more than 70 ms and a frame, however late the answers are", () => {
    const playing = new Playing();
    playing.run(10, 50);
    expect(playing.held).toBeLessThanOrEqual(3264 + FRAME);
  });
});
