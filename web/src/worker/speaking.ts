/** Turn what a microphone gives into media messages: thin out, gather, encode, pack (spec/media.md §2). */

import { Decimator } from "../media/decimate";
import { type Mode, SLOT_SAMPLES, SLOT_SECONDS, STANDARD } from "../media/modes";
import { type Pcm, silence } from "../platform/opusDecoder";
import { OpusEncoder } from "../platform/opusEncoder";
import { type Report, encodeAudio, encodeReport } from "../wire/audio";
import type { Bytes } from "../wire/bytes";
import { Level } from "./level";

/** A capture that stood still for longer makes the media time jump (spec/media.md §4). */
const BEHIND_SECONDS = 0.2;

/** Take the plaintexts of one message, in the order in which they are to be sealed. */
export type TakeMessage = (plaintexts: readonly Bytes[]) => void;

/** Say what a microphone gives in whatever mode is wanted, and with what loudness. */
export class Speaking {
  muted = false;
  readonly level = new Level();
  readonly #decimator = new Decimator();
  #stream: Stream;
  #t = 0;
  #spokeAt: number | null = null;
  #isStopped = false;

  /** `failed` is called when the codec cannot go on. */
  constructor(
    private readonly send: TakeMessage,
    private readonly failed: () => void,
  ) {
    this.#stream = this.#open(STANDARD);
  }

  /** Media time of what the microphone gives next, modulo 2^32. */
  get t(): number {
    return this.#t >>> 0;
  }

  /** Be the mode of the present frame. */
  get mode(): Mode {
    return this.#stream.mode;
  }

  /**
   * Take 20 ms of 48 kHz that were captured until `now`, to be said in `wanted` if that can begin.
   *
   * Give the seconds for which the capture stood still before, if it did.
   */
  turn(samples: Pcm, wanted: Mode, now: number): number {
    if (this.#isStopped) return 0;
    const missed = this.#spokeAt === null ? 0 : Math.floor((now - this.#spokeAt) / SLOT_SECONDS);
    this.#spokeAt = now;
    // This page stood still. What was not said meanwhile is not said late.
    const stood = missed * SLOT_SECONDS > BEHIND_SECONDS ? missed * SLOT_SECONDS : 0;
    if (stood > 0) {
      this.#t += missed * SLOT_SAMPLES;
      this.#stream.leaveOut();
    }
    if (wanted !== this.mode && this.#stream.isBetweenMessages) {
      this.#stream.finish();
      this.#stream = this.#open(wanted);
    }
    // While muted, zeros are encoded: sizes and rhythm stay as they are.
    const spoken = this.muted ? silence() : samples;
    // Also of what is not sent: whoever talks into a muted microphone is to be told.
    this.level.add(samples);
    this.#stream.add(this.#decimator.feed(spoken), this.t);
    this.#t += SLOT_SAMPLES;
    return stood;
  }

  /** Send a report in the stream of frames, in the size of one. */
  report(report: Report): void {
    if (!this.#isStopped) this.#stream.report(report);
  }

  stop(): void {
    this.#isStopped = true;
    this.#stream.close();
  }

  #open(mode: Mode): Stream {
    const send: TakeMessage = (plaintexts) => {
      if (!this.#isStopped) this.send(plaintexts);
    };
    return new Stream(mode, send, () => {
      if (!this.#isStopped) this.failed();
    });
  }
}

/** The messages of one mode: it begins and ends with a whole one, so that they have one size. */
class Stream {
  readonly #encoder: OpusEncoder;
  #plaintexts: Bytes[] = [];
  /** Packets that were begun, also those that are still in the encoder. */
  #begun = 0;

  constructor(
    readonly mode: Mode,
    private readonly send: TakeMessage,
    failed: () => void,
  ) {
    const encoded = (opus: Bytes, t: number): void => {
      this.#pack(encodeAudio({ t, code: mode.code, opus }));
    };
    this.#encoder = new OpusEncoder(mode, encoded, failed);
  }

  get isBetweenMessages(): boolean {
    return this.#encoder.isBetweenFrames && this.#begun % this.mode.packetsAMessage === 0;
  }

  add(slot: Float32Array<ArrayBuffer>, t: number): void {
    const isTaken = this.#encoder.add(slot, t);
    if (isTaken && this.#encoder.isBetweenFrames) this.#begun += 1;
  }

  report(report: Report): void {
    this.#begun += 1;
    this.#pack(encodeReport(report, this.mode.code));
  }

  leaveOut(): void {
    this.#encoder.drop();
  }

  /** Let out what is still in the encoder; it completes a message. */
  finish(): void {
    void this.#encoder.finish();
  }

  close(): void {
    this.#encoder.close();
  }

  #pack(plaintext: Bytes): void {
    this.#plaintexts.push(plaintext);
    if (this.#plaintexts.length < this.mode.packetsAMessage) return;
    this.send(this.#plaintexts);
    this.#plaintexts = [];
  }
}
