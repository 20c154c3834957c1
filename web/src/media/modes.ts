/** List the audio modes: constant bitrate, one packet size each (spec/media.md §2). */

/** Samples a second of everything between capture and playout. */
export const SAMPLE_RATE = 48_000;

/** What an encoder does, and with it the size of every packet. */
export interface Mode {
  readonly code: number;
  readonly name: string;
  /** Bits per second of Opus payload, constant. */
  readonly bitrate: number;
  readonly frameMs: number;
  /** The 48 kHz samples of one frame. */
  readonly frameSamples: number;
  /** The exact size of every Opus packet. */
  readonly opusBytes: number;
}

function mode(code: number, name: string, bitrate: number, frameMs: number): Mode {
  return {
    code,
    name,
    bitrate,
    frameMs,
    frameSamples: (SAMPLE_RATE * frameMs) / 1000,
    opusBytes: Math.floor((bitrate * frameMs) / 8000),
  };
}

export const STANDARD = mode(1, "standard", 24_000, 20);

/** Every registered mode. Only `STANDARD` is spoken today; the others hold their numbers. */
export const MODES: readonly Mode[] = [
  STANDARD,
  mode(2, "standard-40", 24_000, 40),
  mode(3, "saver", 16_000, 60),
  mode(4, "survival", 12_000, 120),
  mode(5, "last-resort", 9_000, 120),
];
