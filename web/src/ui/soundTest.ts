/**
 * Test the sound alone: record three seconds the way a call does, and play them back.
 *
 * Nothing leaves this device: the frames stay in this page's memory and are dropped at the end.
 */

import type { AudioGraph } from "../platform/audioGraph";
import { FRAME_SAMPLES, neededFrames } from "../platform/audioMessages";
import type { MicrophoneFault } from "../platform/microphone";

const FRAMES_A_SECOND = 50;
const SECONDS = 3;
const FRAMES = SECONDS * FRAMES_A_SECOND;
/** The level is told so often: 5 times a second. */
const FRAMES_A_LEVEL = 10;
/** Below this root mean square nobody spoke, or the microphone is muted: -50 dB. */
const AUDIBLE = 0.003;

export type SoundTestState =
  | { readonly kind: "idle" }
  | { readonly kind: "asking" }
  /** `level`: root mean square, 0 to 1. */
  | { readonly kind: "recording"; readonly level: number; readonly leftS: number }
  | { readonly kind: "playing"; readonly level: number }
  | { readonly kind: "done"; readonly wasAudible: boolean }
  | { readonly kind: "fault"; readonly fault: MicrophoneFault };

/** One test, from the press to the end of the playing. */
export class SoundTest {
  readonly #tell: (state: SoundTestState) => void;
  readonly #frames: Float32Array<ArrayBuffer>[] = [];
  #graph: AudioGraph | null = null;
  #played = 0;
  #wanted = 0;
  #loudest = 0;
  #isOver = false;

  constructor(tell: (state: SoundTestState) => void) {
    this.#tell = tell;
    tell({ kind: "asking" });
  }

  /** Begin on an open graph; one that comes too late is closed. */
  begin(graph: AudioGraph): void {
    if (this.#isOver) {
      graph.close();
      return;
    }
    this.#graph = graph;
    this.#tell({ kind: "recording", level: 0, leftS: SECONDS });
    graph.capture.onmessage = ({ data }: MessageEvent<unknown>): void => {
      if (data instanceof ArrayBuffer) this.#record(new Float32Array(data));
    };
    graph.playout.onmessage = ({ data }: MessageEvent<unknown>): void => {
      this.#wanted += neededFrames(data);
      if (this.#frames.length >= FRAMES) this.#play();
    };
  }

  /** Say why it cannot begin. */
  fail(fault: MicrophoneFault): void {
    this.#end({ kind: "fault", fault });
  }

  /** Stop before the end. */
  stop(): void {
    this.#end({ kind: "idle" });
  }

  #record(frame: Float32Array<ArrayBuffer>): void {
    if (this.#frames.length >= FRAMES) return;
    this.#frames.push(frame);
    const count = this.#frames.length;
    this.#loudest = Math.max(this.#loudest, levelOf(frame));
    if (count === FRAMES) this.#play();
    else if (count % FRAMES_A_LEVEL === 0) {
      const leftS = Math.ceil((FRAMES - count) / FRAMES_A_SECOND);
      this.#tell({ kind: "recording", level: this.#level(count), leftS });
    }
  }

  #play(): void {
    for (; this.#wanted > 0; this.#wanted -= 1) {
      const frame = this.#frames[this.#played] ?? new Float32Array(FRAME_SAMPLES);
      this.#played += 1;
      if (this.#played > FRAMES) {
        this.#end({ kind: "done", wasAudible: this.#loudest >= AUDIBLE });
        return;
      }
      if (this.#played % FRAMES_A_LEVEL === 1) {
        this.#tell({ kind: "playing", level: this.#level(this.#played + FRAMES_A_LEVEL) });
      }
      const copy = frame.slice();
      this.#graph?.playout.postMessage(copy.buffer, [copy.buffer]);
    }
  }

  #level(count: number): number {
    return Math.max(...this.#frames.slice(Math.max(0, count - FRAMES_A_LEVEL), count).map(levelOf), 0);
  }

  #end(state: SoundTestState): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#graph?.close();
    this.#frames.length = 0;
    this.#tell(state);
  }
}

function levelOf(frame: Float32Array<ArrayBuffer>): number {
  return Math.sqrt(frame.reduce((sum, sample) => sum + sample * sample, 0) / frame.length);
}
