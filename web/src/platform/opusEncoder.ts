/** Encode Opus at constant bitrate through WebCodecs (spec/media.md §2); runs in the Worker. */

import { HamsedaError } from "../errors";
import { SPEECH_RATE } from "../media/decimate";
import type { Mode } from "../media/modes";
import { padTo } from "../media/opusPacket";
import type { Bytes } from "../wire/bytes";

/** Frames that may wait inside the encoder; beyond it the newest is refused. */
export const WAITING_MOST = 10;

/** WebCodecs' Opus registration has two more members than the compiler's library knows. */
interface SpeechConfig extends OpusEncoderConfig {
  readonly application: "voip";
  readonly signal: "voice";
}

function speech(mode: Mode): SpeechConfig {
  return {
    frameDuration: mode.frameMs * 1000,
    usedtx: false,
    useinbandfec: false,
    application: "voip",
    signal: "voice",
  };
}

function config(mode: Mode): AudioEncoderConfig {
  return {
    codec: "opus",
    // WebCodecs has no word for the bandwidth; of 16 kHz libopus makes wide band (ADR 0013).
    sampleRate: SPEECH_RATE,
    numberOfChannels: 1,
    bitrate: mode.bitrate,
    // The default is variable: thirty sizes that leak speech (measured).
    bitrateMode: "constant",
    opus: speech(mode),
  };
}

function toSize(opus: Bytes, mode: Mode): Bytes | null {
  try {
    return padTo(opus, mode.opusBytes);
  } catch {
    return null;
  }
}

/** Take each packet with the media time of its first sample. */
export type TakePacket = (opus: Bytes, t: number, mode: Mode) => void;

/** Turn speech of 16 kHz into the packets of one mode, each of exactly its size, in order. */
export class OpusEncoder {
  readonly #encoder: AudioEncoder;
  /** Of the frames inside the encoder; null is one that nobody wants. */
  readonly #times: (number | null)[] = [];
  readonly #frame: Float32Array<ArrayBuffer>;
  #filled = 0;
  #frames = 0;
  #t = 0;

  /** `packet` gets each packet; `failed` is called once when the codec cannot go on. */
  constructor(
    readonly mode: Mode,
    packet: TakePacket,
    failed: (error: Error) => void,
  ) {
    this.#frame = new Float32Array((SPEECH_RATE * mode.frameMs) / 1000);
    this.#encoder = new AudioEncoder({
      output: (chunk) => {
        const opus = new Uint8Array(chunk.byteLength);
        chunk.copyTo(opus);
        const [t, sized] = [this.#times.shift(), toSize(opus, mode)];
        if (sized === null) {
          failed(new HamsedaError(`an Opus packet of ${opus.length} bytes would leak speech`));
        } else if (typeof t === "number") packet(sized, t, mode);
      },
      error: failed,
    });
    this.#encoder.configure(config(mode));
    // The first frame takes longest: it had better be one that nobody waits for.
    this.#encode(null);
  }

  /** Tell whether all that was given is in whole frames: here the mode may change. */
  get isBetweenFrames(): boolean {
    return this.#filled === 0;
  }

  /**
   * Add 20 ms between -1 and 1 whose media time is `t`; a full frame is encoded.
   *
   * False when too many frames wait already, and this one was refused.
   */
  add(slot: Float32Array<ArrayBuffer>, t: number): boolean {
    if (this.#filled === 0) this.#t = t;
    this.#frame.set(slot, this.#filled);
    this.#filled += slot.length;
    if (this.#filled < this.#frame.length) return true;
    this.#filled = 0;
    return this.#encode(this.#t);
  }

  /** Forget the part of a frame that was added. */
  drop(): void {
    this.#filled = 0;
  }

  /** Give out what waits, and end. */
  async finish(): Promise<void> {
    if (this.#encoder.state === "configured") await this.#encoder.flush().catch(() => undefined);
    this.close();
  }

  close(): void {
    if (this.#encoder.state !== "closed") this.#encoder.close();
  }

  #encode(t: number | null): boolean {
    if (this.#encoder.state !== "configured" || this.#encoder.encodeQueueSize > WAITING_MOST) return false;
    const data = new AudioData({
      format: "f32",
      sampleRate: SPEECH_RATE,
      numberOfChannels: 1,
      numberOfFrames: this.#frame.length,
      timestamp: this.#frames * this.mode.frameMs * 1000,
      data: this.#frame,
    });
    this.#frames += 1;
    this.#times.push(t);
    this.#encoder.encode(data);
    data.close();
    return true;
  }
}
