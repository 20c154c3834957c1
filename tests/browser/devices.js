// Runs in a tested page before its own scripts: lets a test pull out the browser's fake devices,
// and tells which of them the page uses. A browser cannot unplug one itself.
(() => {
  const absent = new Set();
  const tracks = [];
  const sinks = [];
  const { enumerateDevices, getUserMedia } = MediaDevices.prototype;

  MediaDevices.prototype.enumerateDevices = async function () {
    const found = await enumerateDevices.call(this);
    return found.filter(({ label }) => !absent.has(label));
  };

  MediaDevices.prototype.getUserMedia = async function ({ audio }) {
    const all = await enumerateDevices.call(this);
    const inputs = all.filter(({ kind }) => kind === "audioinput");
    if (inputs.every(({ label }) => absent.has(label))) {
      throw new DOMException("no microphone", "NotFoundError");
    }
    const stream = await getUserMedia.call(this, { audio });
    tracks.push(...stream.getAudioTracks());
    return stream;
  };

  const { setSinkId } = AudioContext.prototype;
  AudioContext.prototype.setSinkId = async function (id) {
    await setSinkId.call(this, id);
    sinks.push(id);
  };

  const changed = () => navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  const live = () => tracks.filter(({ readyState }) => readyState === "live");

  window.devices = {
    /** The labels of the microphones that are open. */
    open: () => live().map(({ label }) => label),
    /** The speakers that were asked for, one after the other. */
    sinks: () => sinks,
    pullOut: (labels) => {
      for (const label of labels) absent.add(label);
      for (const track of live().filter(({ label }) => absent.has(label))) {
        track.stop();
        track.dispatchEvent(new Event("ended"));
      }
      changed();
    },
    plugIn: () => {
      absent.clear();
      changed();
    },
  };
})();
