/**
 * Make speech a little shorter or longer and keep its pitch (spec/media.md §4).
 *
 * One period of the voice is left out or said twice, cross-faded where it resembles its neighbour
 * most: pitch-synchronous overlap-add. Samples are floats in -1 to 1 at 48 kHz. The first and the
 * last sample stay what they were, so a stretched block still joins the blocks beside it.
 */

export type Pcm = Float32Array<ArrayBuffer>;

/** Samples of the shortest period: 2.5 ms. */
export const MIN_LAG = 120;
/** Samples of the longest period: 15 ms, a voice of 67 Hz. */
export const MAX_LAG = 720;

const MIN_OVERLAP = 480;
const WINDOW = 1440;
const FACTOR = 8;
const SIMILAR = 0.7;
const QUIET = 0.004;
const VOICED = 0.25;
const EQUAL = 1e-9;

/** Leave out one period; give the samples as they are where nothing repeats itself. */
export function shorten(samples: Pcm): Pcm {
  const lag = findLag(samples);
  if (lag === null) return samples;
  const overlap = overlapOf(samples, lag);
  const out = new Float32Array(samples.length - lag);
  fade(out, 0, samples, 0, lag, overlap);
  out.set(samples.subarray(lag + overlap), overlap);
  return out;
}

/** Say one period twice; give the samples as they are where nothing repeats itself. */
export function lengthen(samples: Pcm): Pcm {
  const lag = findLag(samples);
  if (lag === null) return samples;
  const overlap = overlapOf(samples, lag);
  const out = new Float32Array(samples.length + lag);
  out.set(samples.subarray(0, lag));
  fade(out, lag, samples, lag, 0, overlap);
  out.set(samples.subarray(overlap), lag + overlap);
  return out;
}

/**
 * Give the period in samples, or null where a cut would be heard.
 *
 * What is quiet, and what hisses, has no period, and may be cut anywhere.
 */
export function findLag(samples: Pcm): number | null {
  const window = Float64Array.from(samples.subarray(0, WINDOW));
  const length = window.length - (window.length % FACTOR);
  if (length < MIN_LAG + MIN_OVERLAP) return null;
  const energy = product(window, 0, 0, window.length);
  if (energy < QUIET * QUIET * window.length) return Math.min(MAX_LAG, Math.floor(window.length / 2));
  const low = new Float64Array(length / FACTOR);
  for (let index = 0; index < length; index += 1) {
    const at = Math.floor(index / FACTOR);
    low[at] = (low[at] ?? 0) + (window[index] ?? 0);
  }
  const { lag, similarity } = mostSimilar(low);
  const isVoiced = product(low, 0, 0, low.length) > VOICED * FACTOR * energy;
  return isVoiced && similarity < SIMILAR ? null : refine(window, lag * FACTOR);
}

function overlapOf(samples: Pcm, lag: number): number {
  return Math.min(lag, Math.min(samples.length, WINDOW) - lag);
}

/** Find the lag at which the decimated window resembles itself most. */
function mostSimilar(low: Float64Array): { readonly lag: number; readonly similarity: number } {
  const squares = sums(low);
  const longest = Math.floor(Math.min(MAX_LAG, low.length * FACTOR - MIN_OVERLAP) / FACTOR);
  let best = longest;
  let bestSimilarity = -2;
  // The longest first: of equal ones it gains most. Both languages must choose the same.
  for (let lag = longest; lag >= MIN_LAG / FACTOR; lag -= 1) {
    const similarity = similarityAt(low, lag, Math.min(lag, low.length - lag), squares);
    if (similarity > bestSimilarity + EQUAL) {
      best = lag;
      bestSimilarity = similarity;
    }
  }
  return { lag: best, similarity: bestSimilarity };
}

/** Find the best lag to the sample beside one that is known to eight. */
function refine(window: Float64Array, coarse: number): number {
  const squares = sums(window);
  let best = coarse;
  let bestSimilarity = -2;
  const last = Math.min(MAX_LAG, coarse + FACTOR - 1, window.length - MIN_OVERLAP);
  for (let lag = Math.max(MIN_LAG, coarse - FACTOR + 1); lag <= last; lag += 1) {
    const similarity = similarityAt(window, lag, Math.min(lag, window.length - lag), squares);
    if (similarity > bestSimilarity + EQUAL) {
      best = lag;
      bestSimilarity = similarity;
    }
  }
  return best;
}

/** Correlate the first samples with those `lag` later: 1 is the same, 0 nothing in common. */
function similarityAt(samples: Float64Array, lag: number, overlap: number, squares: Float64Array): number {
  const energies = (squares[overlap] ?? 0) * ((squares[lag + overlap] ?? 0) - (squares[lag] ?? 0));
  return energies <= 0 ? 0 : product(samples, 0, lag, overlap) / Math.sqrt(energies);
}

/** Sum the products of `count` samples from `first` and from `second` on. */
function product(samples: Float64Array, first: number, second: number, count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    sum += (samples[first + index] ?? 0) * (samples[second + index] ?? 0);
  }
  return sum;
}

/** Give the sums of the squares of the first 0, 1, 2, … samples. */
function sums(samples: Float64Array): Float64Array {
  const squares = new Float64Array(samples.length + 1);
  samples.forEach((sample, index) => {
    squares[index + 1] = (squares[index] ?? 0) + sample * sample;
  });
  return squares;
}

/** Go over from the samples at `before` to those at `after`. */
function fade(out: Pcm, at: number, samples: Pcm, before: number, after: number, length: number): void {
  for (let index = 0; index < length; index += 1) {
    const old = samples[before + index] ?? 0;
    const next = samples[after + index] ?? 0;
    out[at + index] = old + (next - old) * (index / length);
  }
}
