/** Tell the screens how loud a voice is. */

import type { Pcm } from "../platform/opusDecoder";

const LEVEL_FRAMES = 5;

/** Measure loudness as the root mean square of 100 ms, 0 to 1. */
export class Level {
  latest = 0;
  #sum = 0;
  #frames = 0;

  /** Take one frame in; give the level each fifth time. */
  add(pcm: Pcm): number | null {
    this.#sum += pcm.reduce((sum, sample) => sum + sample * sample, 0) / pcm.length;
    this.#frames += 1;
    if (this.#frames < LEVEL_FRAMES) return null;
    this.latest = Math.min(1, Math.sqrt(this.#sum / LEVEL_FRAMES));
    this.#sum = 0;
    this.#frames = 0;
    return this.latest;
  }
}
