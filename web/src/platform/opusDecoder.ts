/** Decode Opus and conceal what is missing through WebCodecs; runs in the Worker. */

import { SAMPLE_RATE, STANDARD } from "../media/modes";
import { SILK_WIDE_20_MS, lost20Ms, packetSamples } from "../media/opusPacket";
import type { Bytes } from "../wire/bytes";

export type Pcm = Float32Array<ArrayBuffer>;

/** Give silence, 20 ms unless more is asked for. */
export function silence(samples = STANDARD.frameSamples): Pcm {
  return new Float32Array(samples);
}

/** A browser that gives no sound for a packet must not keep all that come after it waiting. */
const PATIENCE_MS = 1000;

interface Waiting {
  readonly samples: number;
  readonly resolve: (pcm: Pcm) => void;
}

/**
 * Turn packets of any mode into sound of 48 kHz, in the order of the calls.
 *
 * A packet that cannot be decoded, or never is, becomes silence: a decoder that fails is replaced.
 */
export class OpusDecoder {
  #decoder: AudioDecoder | null = null;
  #waiting: Waiting[] = [];
  #lost: Bytes = Uint8Array.of(SILK_WIDE_20_MS);
  #samples = 0;

  constructor() {
    // Whatever comes first takes longest: it had better be what nobody waits for.
    void this.conceal();
  }

  /** Decode one packet that should hold so many samples, and give as many. */
  decode(opus: Bytes, samples: number): Promise<Pcm> {
    if (packetSamples(opus) !== samples) return this.#invent(samples);
    this.#lost = lost20Ms(opus);
    return this.#decode(opus, samples);
  }

  /** Let the decoder invent the next 20 ms: a packet without a frame counts as lost. */
  conceal(): Promise<Pcm> {
    return this.#decode(this.#lost, STANDARD.frameSamples);
  }

  close(): void {
    this.#giveUp();
  }

  /** Treat a packet of another duration as if it were lost. */
  async #invent(samples: number): Promise<Pcm> {
    const count = Math.ceil(samples / STANDARD.frameSamples);
    const parts = await Promise.all(Array.from({ length: count }, () => this.conceal()));
    return Float32Array.from(parts.flatMap((part) => [...part])).slice(0, samples);
  }

  #decode(data: Bytes, samples: number): Promise<Pcm> {
    const decoder = (this.#decoder ??= this.#open());
    return new Promise((resolve) => {
      const waiting = { samples, resolve };
      this.#waiting.push(waiting);
      setTimeout(() => {
        if (this.#waiting.includes(waiting)) this.#giveUp();
      }, PATIENCE_MS);
      try {
        const timestamp = Math.round((this.#samples * 1e6) / SAMPLE_RATE);
        this.#samples += samples;
        decoder.decode(new EncodedAudioChunk({ type: "key", timestamp, data }));
      } catch {
        this.#giveUp();
      }
    });
  }

  #open(): AudioDecoder {
    const decoder: AudioDecoder = new AudioDecoder({
      output: (data) => {
        if (decoder === this.#decoder) this.#take(data);
        data.close();
      },
      error: () => {
        if (decoder === this.#decoder) this.#giveUp();
      },
    });
    decoder.configure({ codec: "opus", sampleRate: SAMPLE_RATE, numberOfChannels: 1 });
    return decoder;
  }

  #take(data: AudioData): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    const pcm = silence(waiting.samples);
    if (data.numberOfFrames <= pcm.length) data.copyTo(pcm, { planeIndex: 0, format: "f32-planar" });
    waiting.resolve(pcm);
  }

  #giveUp(): void {
    const [decoder, waiting] = [this.#decoder, this.#waiting];
    this.#decoder = null;
    this.#waiting = [];
    for (const { samples, resolve } of waiting) resolve(silence(samples));
    if (decoder !== null && decoder.state !== "closed") decoder.close();
  }
}
