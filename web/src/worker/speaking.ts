/** Turn what a microphone gives into the Opus packets of the mode in use (spec/media.md §2, §4). */

import { Decimator } from "../media/decimate";
import { type Mode, STANDARD } from "../media/modes";
import { type Pcm, silence } from "../platform/opusDecoder";
import { OpusEncoder, type TakePacket } from "../platform/opusEncoder";
import { Level } from "./level";

const SLOT_SAMPLES = 960;
const SLOT_SECONDS = 0.02;
/** A capture that stood still for longer makes the media time jump (spec/media.md §4). */
const BEHIND_SECONDS = 0.2;

export class Speaking {
  /** Speak this mode from the next frame on. */
  wanted: Mode;
  muted = false;
  readonly level = new Level();
  readonly #decimator = new Decimator();
  #encoder: OpusEncoder;
  #t = 0;
  #spokeAt: number | null = null;
  #stopped = false;

  /** `packet` gets each packet; `failed` is called when the codec cannot go on. */
  constructor(
    private readonly packet: TakePacket,
    private readonly failed: () => void,
    mode: Mode = STANDARD,
  ) {
    this.wanted = mode;
    this.#encoder = this.#open();
  }

  /** Media time of what the microphone gives next. */
  get t(): number {
    return this.#t;
  }

  /** Be the mode of the frames that are being encoded. */
  get mode(): Mode {
    return this.#encoder.mode;
  }

  /** Take 20 ms of 48 kHz that were captured until `now`. */
  add(samples: Pcm, now: number): void {
    if (this.#stopped) return;
    const missed = this.#spokeAt === null ? 0 : Math.floor((now - this.#spokeAt) / SLOT_SECONDS);
    this.#spokeAt = now;
    // This page stood still. What was not said meanwhile is not said late.
    if (missed * SLOT_SECONDS > BEHIND_SECONDS) {
      this.#t += missed * SLOT_SAMPLES;
      this.#encoder.drop();
    }
    // While muted, zeros are encoded: sizes and rhythm stay as they are.
    const spoken = this.muted ? silence() : samples;
    this.level.add(spoken);
    this.#change();
    this.#encoder.add(this.#decimator.feed(spoken), this.#t);
    this.#t += SLOT_SAMPLES;
  }

  stop(): void {
    this.#stopped = true;
    this.#encoder.close();
  }

  #change(): void {
    if (this.wanted === this.#encoder.mode || !this.#encoder.isBetweenFrames) return;
    void this.#encoder.finish();
    this.#encoder = this.#open();
  }

  #open(): OpusEncoder {
    return new OpusEncoder(
      this.wanted,
      (opus, t, mode) => {
        if (!this.#stopped) this.packet(opus, t, mode);
      },
      () => {
        if (!this.#stopped) this.failed();
      },
    );
  }
}
