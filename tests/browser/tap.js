// Runs in the audio thread of a tested page: hands on what goes to the speaker, 100 ms at a time.
const CHUNK = 4800;

class Tap extends AudioWorkletProcessor {
  chunk = new Float32Array(CHUNK);
  filled = 0;

  process(inputs) {
    // While nothing is connected there is no time either: the recording has no gap.
    for (const sample of inputs[0]?.[0] ?? []) {
      this.chunk[this.filled] = sample;
      this.filled += 1;
      if (this.filled === CHUNK) {
        this.port.postMessage(this.chunk, [this.chunk.buffer]);
        this.chunk = new Float32Array(CHUNK);
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("tap", Tap);
