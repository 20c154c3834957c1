/**
 * Cut the microphone into frames of 20 ms and post them to the Worker.
 *
 * The node's own port brings the port to post to. Plain and alone: a worklet loads no other file.
 */

const FRAME = 960;

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
