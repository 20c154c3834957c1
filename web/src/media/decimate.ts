/**
 * Turn speech of 48 kHz into speech of 16 kHz.
 *
 * An encoder that is given 16 kHz cannot choose anything wider than wide band, which is where
 * Opus sounds best at our rates (ADR 0013).
 */

import { SAMPLE_RATE } from "./modes";

/** Samples a second of what the encoder gets. */
export const SPEECH_RATE = 16_000;

const FACTOR = SAMPLE_RATE / SPEECH_RATE;
/** A Kaiser window of this length and shape: flat to 7 kHz, 60 dB less from 9 kHz on. */
const TAPS = 95;
const BETA = 5.7;

/** Give the modified Bessel function of the first kind and order zero, by its power series. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** Make a low pass at half of `SPEECH_RATE` that leaves a constant as it is. */
function lowPass(): Float64Array {
  const middle = (TAPS - 1) / 2;
  const taps = Float64Array.from({ length: TAPS }, (_, index) => {
    const from = index - middle;
    const ideal = from === 0 ? 1 / FACTOR : Math.sin((Math.PI * from) / FACTOR) / (Math.PI * from);
    return ideal * bessel(BETA * Math.sqrt(1 - (from / middle) ** 2));
  });
  const sum = taps.reduce((all, tap) => all + tap, 0);
  return taps.map((tap) => tap / sum);
}

const LOW_PASS = lowPass();

/** Filter one stream of samples and keep each third; it comes out 1 ms later. */
export class Decimator {
  /** The newest samples of the block before. */
  #tail = new Float32Array(TAPS - 1);

  /** Give a third of the samples; their number must be a multiple of three. */
  feed(samples: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
    if (samples.length % FACTOR !== 0) throw new RangeError(`${samples.length} samples are no thirds`);
    const line = new Float32Array(TAPS - 1 + samples.length);
    line.set(this.#tail);
    line.set(samples, TAPS - 1);
    this.#tail = line.slice(samples.length);
    const out = new Float32Array(samples.length / FACTOR);
    for (let index = 0; index < out.length; index += 1) {
      let sum = 0;
      // The filter is symmetrical: there is no need to turn it around.
      for (let tap = 0; tap < TAPS; tap += 1) {
        sum += (LOW_PASS[tap] ?? 0) * (line[index * FACTOR + tap] ?? 0);
      }
      out[index] = sum;
    }
    return out;
  }
}
