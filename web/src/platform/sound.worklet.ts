/**
 * The two ends of a call's sound, in one file: each file costs a connection before the first word.
 *
 * `Capture` cuts the microphone into frames of 20 ms and posts them to the Worker. `Playout` plays
 * the frames of the Worker, and asks for one whenever one has been played: what is asked for and what
 * waits are together always `RESERVE` frames, so the delay of this reserve cannot build up. The node's
 * own port brings the port to talk over. Plain and alone: a worklet loads no other file.
 */

const FRAME = 960;
const RESERVE = 2;

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
      if (event.data instanceof ArrayBuffer) this.frames.push(new Float32Array(event.data));
    };
    source.postMessage({ need: RESERVE });
  }

  process(_inputs: unknown, outputs: readonly (readonly Float32Array[])[]): boolean {
    const output = outputs[0]?.[0];
    if (output === undefined) return !this.stopped;
    for (let index = 0; index < output.length; index += 1) {
      const frame = this.frames[0];
      // The reserve is empty: what is missing is silence here; the frames on their way still come.
      if (frame === undefined) break;
      output[index] = frame[this.at] ?? 0;
      this.at += 1;
      if (this.at === frame.length) {
        this.frames.shift();
        this.at = 0;
        this.source?.postMessage({ need: 1 });
      }
    }
    return !this.stopped;
  }
}

registerProcessor("hamseda-playout", Playout);
