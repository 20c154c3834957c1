// Runs in a tested page before its own scripts: records what each call plays out, and takes the
// microphone as it is.
(() => {
  const door = location.pathname.split("/")[1];
  const recordings = [];
  const connect = AudioNode.prototype.connect;

  AudioNode.prototype.connect = function (target, ...rest) {
    // The ring tone comes from an oscillator; speech comes from a worklet.
    if (target instanceof AudioDestinationNode && this instanceof AudioWorkletNode) void tap(this);
    return connect.call(this, target, ...rest);
  };

  async function tap(node) {
    const recording = [];
    recordings.push(recording);
    await node.context.audioWorklet.addModule(`/${door}/tap.js`);
    const listener = new AudioWorkletNode(node.context, "tap", { numberOfOutputs: 0 });
    listener.port.onmessage = ({ data }) => recording.push(data);
    connect.call(node, listener);
  }

  // The browser's noise suppression takes a synthetic voice for noise: 4.3 becomes 2.9 (PESQ-wb)
  // before anything of ours has touched it.
  // An insecure page has no microphone to take.
  if (isSecureContext) {
    const getUserMedia = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = function ({ audio }) {
      const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      return getUserMedia.call(this, { audio: { ...audio, ...raw } });
    };
  }

  window.heard = {
    seconds: () => (recordings.at(-1)?.length ?? 0) / 10,
    /** 16-bit PCM of the newest call, in Base64. */
    sound: () => {
      const samples = (recordings.at(-1) ?? []).flatMap((chunk) => [...chunk]);
      const pcm = Int16Array.from(samples, (sample) =>
        Math.max(-32768, Math.min(32767, Math.round(sample * 32768))),
      );
      let text = "";
      for (const byte of new Uint8Array(pcm.buffer)) text += String.fromCharCode(byte);
      return btoa(text);
    },
  };
})();
