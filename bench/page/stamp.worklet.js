// Runs in the audio thread of a measured page: hands on sound with the wall clock beside it.
const CHUNK = 4800;

class Stamp extends AudioWorkletProcessor {
  chunk = new Float32Array(CHUNK);
  filled = 0;
  lags = [];

  process(inputs) {
    const input = inputs[0]?.[0];
    const first = (currentFrame / sampleRate) * 1000;
    this.lags.push(Date.now() - first);
    for (let index = 0; index < 128; index += 1) {
      this.chunk[this.filled] = input?.[index] ?? 0;
      this.filled += 1;
      if (this.filled === CHUNK) this.post(first + ((index + 1) / sampleRate) * 1000);
    }
    return true;
  }

  /** Several quanta are made in one go; the median of their lags is the middle of such a go. */
  post(end) {
    const lag = this.lags.sort((one, other) => one - other)[this.lags.length >> 1];
    this.port.postMessage({ end: end + lag, samples: this.chunk, rate: sampleRate });
    this.chunk = new Float32Array(CHUNK);
    this.filled = 0;
    this.lags = [];
  }
}

registerProcessor("stamp", Stamp);
