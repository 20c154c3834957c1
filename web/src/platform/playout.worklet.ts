/**
 * Play the frames of the Worker, and ask for one whenever one has been played.
 *
 * What is asked for and what waits are together always `RESERVE` frames, so the delay of this reserve
 * is bounded and cannot build up. Plain and alone: a worklet loads no other file.
 */

const RESERVE = 2;

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
