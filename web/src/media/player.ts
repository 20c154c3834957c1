/** Keep the sound between decoder and device: blocks of any length in, one slot at a time out. */

import { SAMPLE_RATE, SLOT_SAMPLES } from "./modes";
import type { Stretch } from "./playout";
import { type Pcm, lengthen, shorten } from "./stretch";

const STRETCHED_SAMPLES = 3 * SLOT_SAMPLES;

/** The sound of one call. Ask the jitter buffer for more while `isHungry`. */
export class Player {
  readonly #blocks: Pcm[] = [];
  #samples = 0;

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
    if (stretch === "none") {
      this.#add(wanted);
      return;
    }
    const change = stretch === "shorter" ? shorten : lengthen;
    for (let start = 0; start < wanted.length; start += STRETCHED_SAMPLES) {
      this.#add(change(wanted.subarray(start, start + STRETCHED_SAMPLES)));
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
