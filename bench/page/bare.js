// Two of these call each other by nothing but WebRTC, with the browser's own settings for it. The
// bench's server passes on what they signal. A click opens microphone and speaker, as in our page.
const line = new WebSocket(new URL("signal", location.href.replace("http", "ws")));
const button = (id) => document.getElementById(id);
let peer = null;
let waiting = [];
let context = null;

const send = (message) => line.send(JSON.stringify(message));

function open() {
  peer = new RTCPeerConnection();
  peer.onicecandidate = ({ candidate }) => candidate && send({ candidate });
}

/** Join microphone and speaker to the connection. */
async function speakAndListen() {
  context = new AudioContext({ sampleRate: 48000, latencyHint: "interactive" });
  const [stream] = await Promise.all([
    navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } }),
    context.audioWorklet.addModule("nothing.js"),
  ]);
  await context.resume();
  for (const track of stream.getTracks()) peer.addTrack(track, stream);
  const far = new MediaStream([peer.getReceivers()[0].track]);
  // Chromium decodes a far track only while an element plays it.
  const element = new Audio();
  element.srcObject = far;
  element.muted = true;
  void element.play();
  new MediaStreamAudioSourceNode(context, { mediaStream: far }).connect(context.destination);
}

async function add(candidate) {
  if (peer?.remoteDescription) await peer.addIceCandidate(candidate);
  else waiting.push(candidate);
}

async function describe(description) {
  if (description.type === "offer") open();
  await peer.setRemoteDescription(description);
  const early = waiting;
  waiting = [];
  for (const candidate of early) await peer.addIceCandidate(candidate);
  button("answer").disabled = description.type !== "offer";
}

line.onmessage = async ({ data }) => {
  const { candidate, description, end } = JSON.parse(data);
  if (candidate) await add(candidate);
  if (description) await describe(description);
  if (end) close();
};

button("call").onclick = async () => {
  open();
  await speakAndListen();
  await peer.setLocalDescription();
  send({ description: peer.localDescription });
};

button("answer").onclick = async () => {
  button("answer").disabled = true;
  await speakAndListen();
  await peer.setLocalDescription();
  send({ description: peer.localDescription });
};

button("end").onclick = () => {
  send({ end: true });
  close();
};

function close() {
  for (const sender of peer.getSenders()) sender.track?.stop();
  peer.close();
  void context.close();
  peer = context = null;
  waiting = [];
}
