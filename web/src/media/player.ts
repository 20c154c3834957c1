/** Keep the sound between decoder and device: blocks of any length in, one slot at a time out. */

import { SAMPLE_RATE, SLOT_SAMPLES } from "./modes";
import type { Stretch } from "./playout";
import { type Pcm, lengthen, shorten } from "./stretch";

const STRETCHED_SAMPLES = 3 * SLOT_SAMPLES;
/** The power of a pause beside that of the loudest of late: -25 dB. */
const PAUSE = 0.003;
const FADES = 0.995;
const LISTENS_TO_EACH = 4;

/** The sound of one call. Ask the jitter buffer for more while `isHungry`. */
export class Player {
  readonly #blocks: Pcm[] = [];
  #samples = 0;
  #loudest = 0;

  /** The seconds of sound that wait. */
  get pending(): number {
    return this.#samples / SAMPLE_RATE;
  }

  /** Whether less than one slot is left. */
  get isHungry(): boolean {
    return this.#samples < SLOT_SAMPLES;
  }

  /** Take a decoded block, without its first `skipSlots` slots, and stretch the rest. */
  push(pcm: Pcm, skipSlots = 0, stretch: Stretch = "none"): void {
    const wanted = pcm.subarray(skipSlots * SLOT_SAMPLES);
    this.#loudest = Math.max(power(wanted), FADES * this.#loudest);
    if (stretch === "none") {
      this.#add(wanted);
      return;
    }
    const isShorter = stretch === "shorter" || stretch === "shorter-in-pause";
    const isForPauses = stretch === "shorter-in-pause" || stretch === "longer-in-pause";
    for (let start = 0; start < wanted.length; start += STRETCHED_SAMPLES) {
      const part = wanted.subarray(start, start + STRETCHED_SAMPLES);
      const isPause = power(part) <= PAUSE * this.#loudest;
      if (isForPauses && !isPause) this.#add(part);
      else this.#add(isShorter ? shorten(part) : lengthen(part));
    }
  }

  /** Give exactly one slot, a buffer of its own; zeros where there is no sound. */
  pull(): Pcm {
    const slot = new Float32Array(SLOT_SAMPLES);
    let filled = 0;
    for (let block = this.#blocks[0]; block !== undefined && filled < slot.length; block = this.#blocks[0]) {
      const part = block.subarray(0, slot.length - filled);
      slot.set(part, filled);
      filled += part.length;
      this.#samples -= part.length;
      if (part.length === block.length) this.#blocks.shift();
      else this.#blocks[0] = block.subarray(part.length);
    }
    return slot;
  }

  #add(block: Pcm): void {
    this.#blocks.push(block);
    this.#samples += block.length;
  }
}

/** Give the mean square of a block; some of its samples tell. */
function power(pcm: Pcm): number {
  let sum = 0;
  let heard = 0;
  for (let index = 0; index < pcm.length; index += LISTENS_TO_EACH) {
    const sample = pcm[index] ?? 0;
    sum += sample * sample;
    heard += 1;
  }
  return sum / Math.max(1, heard);
}
