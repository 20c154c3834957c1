// Runs in a measured page before its own scripts: keeps what the microphone gives and what the
// speaker gets, each with the wall clock of this machine, and the moment of the last click.
(() => {
  const worklet = new URL(`/${location.pathname.split("/")[1]}/stamp.worklet.js`, location.href);
  const connect = AudioNode.prototype.connect;
  const addModule = Worklet.prototype.addModule;
  const getUserMedia = MediaDevices.prototype.getUserMedia;
  const stamped = { clicked: 0, mouth: [], ear: [] };
  window.stamped = stamped;
  let behind = Infinity;

  addEventListener("click", () => (stamped.clicked = Date.now()), { capture: true });

  // The ear is ready before the page's own worklet is connected to it: nothing is missed.
  Worklet.prototype.addModule = async function (...given) {
    await Promise.all([addModule.apply(this, given), addModule.call(this, worklet)]);
  };

  AudioNode.prototype.connect = function (target, ...rest) {
    const isVoice = this instanceof AudioWorkletNode || this instanceof MediaStreamAudioSourceNode;
    if (target instanceof AudioDestinationNode && isVoice) listen(this);
    return connect.call(this, target, ...rest);
  };

  function listen(node) {
    const heard = (stamped.ear = []);
    const ear = new AudioWorkletNode(node.context, "stamp", { numberOfOutputs: 0 });
    ear.port.onmessage = ({ data }) => heard.push(data);
    connect.call(node, ear);
  }

  MediaDevices.prototype.getUserMedia = async function (wanted) {
    const stream = await getUserMedia.call(this, wanted);
    void speak(stream.getAudioTracks()[0].clone());
    return stream;
  };

  async function speak(track) {
    const said = (stamped.mouth = []);
    behind = Infinity;
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done || said !== stamped.mouth) break;
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
      // A busy page reads late and misses pieces; the earliest reading tells what the clock was.
      const end = (value.timestamp + value.duration) / 1000;
      behind = Math.min(behind, Date.now() - end);
      said.push({ end, samples, rate: value.sampleRate });
      value.close();
    }
    track.stop();
  }

  /** Tell whether there was sound at the speaker just now. */
  stamped.isHeard = () =>
    stamped.ear.slice(-3).some(({ samples }) => samples.some((one) => Math.abs(one) > 0.01));

  /** Stop keeping, and give 16-bit PCM in Base64 with the end of each piece in milliseconds. */
  stamped.take = (side) => {
    const pieces = stamped[side];
    stamped[side] = [];
    const pcm = Int16Array.from(
      pieces.flatMap(({ samples }) => [...samples]),
      (sample) => Math.max(-32768, Math.min(32767, Math.round(sample * 32768))),
    );
    const bytes = new Uint8Array(pcm.buffer);
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    return {
      sound: btoa(text),
      ends: pieces.map(({ end }) => (side === "mouth" ? end + behind : end)),
      rate: pieces[0]?.rate ?? 0,
      sizes: pieces.map(({ samples }) => samples.length),
    };
  };
})();
