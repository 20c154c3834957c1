/**
 * List the audio modes: constant bitrate, one packet size each (spec/media.md §2, §6).
 *
 * Measured on two voices (PESQ wide-band): framing matters more than bitrate, and below 9 kbit/s
 * nothing is won.
 */

/** Samples a second of everything between capture and playout. */
export const SAMPLE_RATE = 48_000;
/** The grain of capture, playout and counting; each frame lasts a whole number of slots. */
export const SLOT_MS = 20;
export const SLOT_SECONDS = SLOT_MS / 1000;
export const SLOT_SAMPLES = (SAMPLE_RATE * SLOT_MS) / 1000;
/** The slots of the longest frame. */
export const MAX_SLOTS = 6;

/** What a packet costs beyond its payload: SFrame, message, WebSocket, TLS, TCP and IP. */
const OVERHEAD_BYTES = 82;

/** What an encoder does, and with it the size of every packet. */
export interface Mode {
  readonly code: number;
  readonly name: string;
  /** Bits per second of Opus payload, constant. */
  readonly bitrate: number;
  readonly frameMs: number;
  /** Sealed packets that share one media message. */
  readonly packetsAMessage: number;
  /** The slots of 20 ms that one frame fills. */
  readonly slots: number;
  /** The 48 kHz samples of one frame. */
  readonly frameSamples: number;
  /** The exact size of every Opus packet. */
  readonly opusBytes: number;
  /** The rate on the wire, one way, with every layer and without redundancy. */
  readonly wireKbitS: number;
}

function mode(code: number, name: string, bitrate: number, frameMs: number, packetsAMessage = 1): Mode {
  const opusBytes = Math.floor((bitrate * frameMs) / 8000);
  return {
    code,
    name,
    bitrate,
    frameMs,
    packetsAMessage,
    slots: frameMs / SLOT_MS,
    frameSamples: (SAMPLE_RATE * frameMs) / 1000,
    opusBytes,
    wireKbitS: (8 * (packetsAMessage * opusBytes + OVERHEAD_BYTES)) / (packetsAMessage * frameMs),
  };
}

export const STANDARD = mode(1, "standard", 24_000, 20);
export const STANDARD_40 = mode(2, "standard-40", 24_000, 40);
export const SAVER = mode(3, "saver", 16_000, 60);
export const SURVIVAL = mode(4, "survival", 12_000, 120);
export const LAST_RESORT = mode(5, "last-resort", 9_000, 120, 2);

/** Every mode, from the one that needs most to the one that needs least. */
export const LADDER: readonly Mode[] = [STANDARD, STANDARD_40, SAVER, SURVIVAL, LAST_RESORT];

/** Give the place of a mode on the ladder by its name; -1 for a name that is none. */
export function stepOf(name: string): number {
  return LADDER.findIndex((each) => each.name === name);
}

/** Every mode by its code. */
export const MODES: ReadonlyMap<number, Mode> = new Map(LADDER.map((each) => [each.code, each]));
