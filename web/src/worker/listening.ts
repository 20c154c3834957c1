/** Turn packets of the other side into the sound that is played, 20 ms a turn. */

import { WireError } from "../errors";
import { JitterBuffer } from "../media/jitterBuffer";
import { MAX_SLOTS, MODES, SLOT_SAMPLES } from "../media/modes";
import { packetSamples } from "../media/opusPacket";
import { Player } from "../media/player";
import type { ReceptionStats } from "../media/playout";
import { OpusDecoder, type Pcm, silence } from "../platform/opusDecoder";
import type { AudioFrame } from "../wire/audio";

/** Wait as long as the path asks for, decode every mode, conceal what is missing. */
export class Listening {
  readonly #jitter = new JitterBuffer();
  readonly #decoder = new OpusDecoder();
  readonly #player = new Player();
  #hasPlayed = false;
  #hasLacked = false;

  /** Tell whether a frame of the other side has reached the player. */
  get hasPlayed(): boolean {
    return this.#hasPlayed;
  }

  /** Take one authentic frame; one that lasts longer or shorter than it says throws `WireError`. */
  put({ t, code, opus }: AudioFrame, now: number): void {
    const slots = MODES.get(code)?.slots ?? 0;
    if (packetSamples(opus) !== slots * SLOT_SAMPLES) {
      throw new WireError(`a packet of mode ${code} does not last ${slots} slots`);
    }
    this.#jitter.put(t, opus, slots, now);
  }

  /** Give the next 20 ms to play, wanted at `now`. One turn at a time. */
  async turn(now: number): Promise<Pcm> {
    for (let filled = 0; filled < MAX_SLOTS && this.#player.isHungry; filled += 1) {
      await this.#fill(now);
    }
    return this.#player.pull();
  }

  /** Give the counts so far. */
  stats(): ReceptionStats {
    return this.#jitter.stats();
  }

  /** Tell whether anything was missing since this was last asked. */
  takeLacked(): boolean {
    const hasLacked = this.#hasLacked;
    this.#hasLacked = false;
    return hasLacked;
  }

  close(): void {
    this.#decoder.close();
  }

  async #fill(now: number): Promise<void> {
    const wanted = this.#jitter.take(now, this.#player.pending);
    switch (wanted.kind) {
      case "play": {
        const pcm = await this.#decoder.decode(wanted.opus, packetSamples(wanted.opus) ?? SLOT_SAMPLES);
        this.#player.push(pcm, wanted.skipSlots, wanted.stretch);
        this.#hasPlayed = true;
        return;
      }
      case "conceal":
        this.#player.push(await this.#decoder.conceal());
        break;
      case "silence":
        this.#player.push(silence());
        break;
    }
    if (this.#hasPlayed) this.#hasLacked = true;
  }
}
