/** Tell the screens how loud a voice is. */

import type { Pcm } from "../platform/opusDecoder";

const LEVEL_SAMPLES = 4800;

/** Measure loudness as the root mean square of 100 ms, 0 to 1. */
export class Level {
  latest = 0;
  #sum = 0;
  #samples = 0;

  /** Take some sound in; give the level each 100 ms. */
  add(pcm: Pcm): number | null {
    this.#sum += pcm.reduce((sum, sample) => sum + sample * sample, 0);
    this.#samples += pcm.length;
    if (this.#samples < LEVEL_SAMPLES) return null;
    this.latest = Math.min(1, Math.sqrt(this.#sum / this.#samples));
    this.#sum = 0;
    this.#samples = 0;
    return this.latest;
  }
}
