/** Decode Opus and conceal what is missing through WebCodecs; runs in the Worker. */

import { SAMPLE_RATE, STANDARD } from "../media/modes";
import type { Bytes } from "../wire/bytes";

export type Pcm = Float32Array<ArrayBuffer>;

/** RFC 6716 §3.1: SILK wide band, 20 ms, mono, one frame; only its shape matters before any packet. */
const SILK_WIDE_20_MS = 9 << 3;

/** Give one frame of silence. */
export function silence(): Pcm {
  return new Float32Array(STANDARD.frameSamples);
}

/**
 * Turn packets into frames of 960 samples, in the order of the calls.
 *
 * A packet that cannot be decoded becomes silence: a decoder that fails is replaced, not mourned.
 */
export class OpusDecoder {
  #decoder: AudioDecoder | null = null;
  #waiting: ((pcm: Pcm) => void)[] = [];
  #toc = SILK_WIDE_20_MS;
  #frames = 0;

  /** Decode one packet. */
  decode(opus: Bytes): Promise<Pcm> {
    this.#toc = opus[0] ?? this.#toc;
    return this.#decode(opus);
  }

  /** Let the decoder invent the next frame: a packet without a frame counts as lost. */
  conceal(): Promise<Pcm> {
    return this.#decode(Uint8Array.of(this.#toc & 0xfc));
  }

  close(): void {
    this.#giveUp();
  }

  #decode(data: Bytes): Promise<Pcm> {
    const decoder = (this.#decoder ??= this.#open());
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      try {
        const timestamp = this.#frames * STANDARD.frameMs * 1000;
        this.#frames += 1;
        decoder.decode(new EncodedAudioChunk({ type: "key", timestamp, data }));
      } catch {
        this.#giveUp();
      }
    });
  }

  #open(): AudioDecoder {
    const decoder: AudioDecoder = new AudioDecoder({
      output: (data) => {
        const pcm = silence();
        if (data.numberOfFrames <= pcm.length) {
          data.copyTo(pcm, { planeIndex: 0, format: "f32-planar" });
        }
        data.close();
        if (decoder === this.#decoder) this.#waiting.shift()?.(pcm);
      },
      error: () => {
        if (decoder === this.#decoder) this.#giveUp();
      },
    });
    decoder.configure({ codec: "opus", sampleRate: SAMPLE_RATE, numberOfChannels: 1 });
    return decoder;
  }

  #giveUp(): void {
    const [decoder, waiting] = [this.#decoder, this.#waiting];
    this.#decoder = null;
    this.#waiting = [];
    for (const resolve of waiting) resolve(silence());
    if (decoder !== null && decoder.state !== "closed") decoder.close();
  }
}
