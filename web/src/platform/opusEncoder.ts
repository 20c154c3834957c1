/** Encode Opus at constant bitrate through WebCodecs (spec/media.md §2); runs in the Worker. */

import { HamsedaError } from "../errors";
import { SAMPLE_RATE, STANDARD } from "../media/modes";
import type { Bytes } from "../wire/bytes";

/** Frames that may wait inside the encoder; beyond it the newest is refused. */
export const WAITING_MOST = 10;

/** WebCodecs' Opus registration has two more members than the compiler's library knows. */
interface SpeechConfig extends OpusEncoderConfig {
  readonly application: "voip";
  readonly signal: "voice";
}

const SPEECH: SpeechConfig = {
  frameDuration: STANDARD.frameMs * 1000,
  usedtx: false,
  useinbandfec: false,
  application: "voip",
  signal: "voice",
};

const CONFIG: AudioEncoderConfig = {
  codec: "opus",
  sampleRate: SAMPLE_RATE,
  numberOfChannels: 1,
  bitrate: STANDARD.bitrate,
  // The default is variable: thirty sizes that leak speech (measured).
  bitrateMode: "constant",
  opus: SPEECH,
};

/** Turn frames of 960 samples into packets of exactly 60 bytes, in order. */
export class OpusEncoder {
  readonly #encoder: AudioEncoder;
  #frames = 0;

  /** `packet` gets each packet; `failed` is called once when the codec cannot go on. */
  constructor(packet: (opus: Bytes) => void, failed: (error: Error) => void) {
    this.#encoder = new AudioEncoder({
      output: (chunk) => {
        if (chunk.byteLength !== STANDARD.opusBytes) {
          failed(new HamsedaError(`an Opus packet of ${chunk.byteLength} bytes would leak speech`));
          return;
        }
        const opus = new Uint8Array(chunk.byteLength);
        chunk.copyTo(opus);
        packet(opus);
      },
      error: failed,
    });
    this.#encoder.configure(CONFIG);
  }

  /** Encode one frame of 960 samples between -1 and 1; false when too many wait already. */
  encode(samples: Float32Array<ArrayBuffer>): boolean {
    if (this.#encoder.state !== "configured" || this.#encoder.encodeQueueSize > WAITING_MOST) return false;
    const data = new AudioData({
      format: "f32",
      sampleRate: SAMPLE_RATE,
      numberOfChannels: 1,
      numberOfFrames: samples.length,
      timestamp: this.#frames * STANDARD.frameMs * 1000,
      data: samples,
    });
    this.#frames += 1;
    this.#encoder.encode(data);
    data.close();
    return true;
  }

  close(): void {
    if (this.#encoder.state !== "closed") this.#encoder.close();
  }
}
