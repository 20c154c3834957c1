/**
 * The two ends of a call's sound, in one file: each file costs a connection before the first word.
 *
 * `Capture` cuts the microphone into frames of 20 ms and posts them to the Worker. `Playout` plays
 * the frames of the Worker and asks for the next one early enough: what waits here and what was
 * asked for are together never less than its reserve, so delay cannot build up. The node's own port
 * brings the port to talk over. Plain and alone: a worklet loads no other file.
 */

const FRAME = 960;
/**
 * Samples that wait or are asked for, at the least: a browser makes sound in goes of 10 ms, and what
 * is asked for in one of them must be here at the next.
 */
const RESERVE_LEAST = 576;
const RESERVE_MOST = 3264;
const RESERVE_STEP = 448;
/** Seconds without a gap after which a larger reserve is given up; a relapse doubles them. */
const CALM_SECONDS = 10;

class Capture extends AudioWorkletProcessor {
  private target: MessagePort | null = null;
  private frame = new Float32Array(FRAME);
  private filled = 0;
  private stopped = false;

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<unknown>): void => {
      if (event.data instanceof MessagePort) this.target = event.data;
      else this.stopped = true;
    };
  }

  process(inputs: readonly (readonly Float32Array[])[]): boolean {
    // No input at all is a microphone that is gone: silence keeps the rhythm of the packets.
    const samples = inputs[0]?.[0] ?? new Float32Array(128);
    for (const sample of samples) {
      this.frame[this.filled] = sample;
      this.filled += 1;
      if (this.filled === FRAME) this.post();
    }
    return !this.stopped;
  }

  private post(): void {
    const { buffer } = this.frame;
    this.target?.postMessage(buffer, [buffer]);
    this.frame = new Float32Array(FRAME);
    this.filled = 0;
  }
}

registerProcessor("hamseda-capture", Capture);

class Playout extends AudioWorkletProcessor {
  private source: MessagePort | null = null;
  private readonly frames: Float32Array[] = [];
  private at = 0;
  private waiting = 0;
  private asked = 0;
  private reserve = RESERVE_LEAST;
  private calm = CALM_SECONDS;
  /** When there was a gap, or the reserve became smaller; in the context's seconds. */
  private changed = 0;
  private isTrying = false;
  private isFed = false;
  private stopped = false;

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<unknown>): void => {
      if (event.data instanceof MessagePort) this.begin(event.data);
      else this.stopped = true;
    };
  }

  private begin(source: MessagePort): void {
    this.source = source;
    source.onmessage = (event: MessageEvent<unknown>): void => {
      if (!(event.data instanceof ArrayBuffer)) return;
      const frame = new Float32Array(event.data);
      this.frames.push(frame);
      this.waiting += frame.length;
      this.asked -= FRAME;
      this.isFed = true;
    };
    this.ask();
  }

  private ask(): void {
    // Sound may be wanted before the port is here: what nobody hears was not asked for.
    if (this.source === null) return;
    let need = 0;
    for (; this.waiting + this.asked < this.reserve; need += 1) this.asked += FRAME;
    if (need > 0) this.source.postMessage({ need });
  }

  process(_inputs: unknown, outputs: readonly (readonly Float32Array[])[]): boolean {
    const output = outputs[0]?.[0];
    if (output === undefined) return !this.stopped;
    for (let index = 0; index < output.length; index += 1) {
      const frame = this.frames[0];
      if (frame === undefined) {
        // What is missing is silence here; the frames on their way still come.
        this.lacked();
        break;
      }
      output[index] = frame[this.at] ?? 0;
      this.at += 1;
      this.waiting -= 1;
      if (this.at === frame.length) {
        this.frames.shift();
        this.at = 0;
      }
    }
    this.relax();
    this.ask();
    return !this.stopped;
  }

  /** Keep more, once for each gap. */
  private lacked(): void {
    if (!this.isFed) return;
    this.isFed = false;
    if (this.reserve === RESERVE_MOST) return;
    if (this.isTrying) this.calm *= 2;
    this.isTrying = false;
    this.changed = currentTime;
    this.reserve = Math.min(RESERVE_MOST, this.reserve + RESERVE_STEP);
  }

  private relax(): void {
    if (this.reserve === RESERVE_LEAST || currentTime - this.changed < this.calm) return;
    this.changed = currentTime;
    this.isTrying = true;
    this.reserve -= RESERVE_STEP;
  }
}

registerProcessor("hamseda-playout", Playout);
