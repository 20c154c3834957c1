/** Speak and listen as a call does, without a call: from samples to samples, in any modes. */

import { MODES, SLOT_SAMPLES, SLOT_SECONDS, STANDARD } from "../../src/media/modes";
import { type AudioFrame, parseAudioUntrusted } from "../../src/wire/audio";
import { Listening } from "../../src/worker/listening";
import { Speaking } from "../../src/worker/speaking";

declare global {
  interface Window {
    throughModes: typeof throughModes;
  }
}

/** What a far side played, and what was on the way. */
interface Result {
  /** 32-bit floats in Base64. */
  readonly heard: string;
  /** The sizes of all messages' plaintexts, by mode. */
  readonly sizes: Readonly<Record<string, readonly number[]>>;
  readonly lost: number;
}

/** Slots that may be ahead of what came out, beside the two newest messages. */
const AHEAD = 4;
/** Slots of silence after the end, so that all comes out. */
const AFTER = 30;

/** Say 32-bit floats of 48 kHz (Base64); `plan` gives the code of the mode from each slot on. */
async function throughModes(
  said: string,
  plan: readonly (readonly [number, number])[],
  lost: readonly number[] = [],
): Promise<Result> {
  const samples = new Float32Array(Uint8Array.from(atob(said), (char) => char.charCodeAt(0)).buffer);
  const frames = await speak(samples, plan);
  const sizes: Record<string, number[]> = {};
  for (const { code, opus } of frames) {
    const known = (sizes[MODES.get(code)?.name ?? ""] ??= []);
    if (!known.includes(opus.length)) known.push(opus.length);
  }
  const listening = new Listening();
  const arriving = frames.filter((_, index) => !lost.includes(index));
  const heard: number[] = [];
  const end = Math.max(...frames.map(endOf));
  for (let slot = 1; slot <= end; slot += 1) {
    for (let frame = arriving[0]; frame !== undefined && endOf(frame) <= slot; frame = arriving[0]) {
      listening.put(frame, slot * SLOT_SECONDS);
      arriving.shift();
    }
    heard.push(...(await listening.turn(slot * SLOT_SECONDS + 0.001)));
  }
  const { framesLost } = listening.stats();
  listening.close();
  return { heard: base64(Float32Array.from(heard)), sizes, lost: framesLost };
}

async function speak(
  samples: Float32Array<ArrayBuffer>,
  plan: readonly (readonly [number, number])[],
): Promise<AudioFrame[]> {
  const frames: AudioFrame[] = [];
  const failures: string[] = [];
  const speaking = new Speaking(
    (plaintexts) => {
      for (const plaintext of plaintexts) {
        const content = parseAudioUntrusted(plaintext);
        if (content.kind === "audio") frames.push(content);
      }
    },
    () => {
      failures.push("the encoder failed");
    },
  );
  const slots = Math.floor(samples.length / SLOT_SAMPLES) + AFTER;
  for (let slot = 0; slot < slots; slot += 1) {
    const code = plan.findLast(([from]) => from <= slot)?.[1] ?? STANDARD.code;
    const spoken = new Float32Array(SLOT_SAMPLES);
    spoken.set(samples.subarray(slot * SLOT_SAMPLES, (slot + 1) * SLOT_SAMPLES));
    speaking.turn(spoken, MODES.get(code) ?? STANDARD, slot * SLOT_SECONDS);
    const { slots: length, packetsAMessage } = speaking.mode;
    while (slot - Math.max(0, ...frames.slice(-3).map(endOf)) > AHEAD + 2 * length * packetsAMessage) {
      if (failures.length > 0) throw new Error(failures.join());
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  speaking.stop();
  return frames.sort((one, other) => one.t - other.t);
}

function endOf({ t, code }: AudioFrame): number {
  return t / SLOT_SAMPLES + (MODES.get(code)?.slots ?? 0);
}

function base64(samples: Float32Array<ArrayBuffer>): string {
  const bytes = new Uint8Array(samples.buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}

window.throughModes = throughModes;
