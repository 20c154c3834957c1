/** Send every sealed frame back to the voice that sealed it. */

import { Voice } from "../../src/worker/voice";

interface Ports {
  readonly capture: MessagePort;
  readonly playout: MessagePort;
}

onmessage = (event: MessageEvent<Ports>): void => {
  const now = (): number => performance.now() / 1000;
  const voice = new Voice(
    event.data.capture,
    event.data.playout,
    {
      send: (packets) => {
        for (const sealed of packets) voice.receive(sealed, now());
      },
      droppedShare: () => 0,
      wantSpare: () => undefined,
      heard: () => undefined,
      tell: (told) => {
        postMessage(told);
      },
      probe: () => undefined,
      failed: () => {
        postMessage("failed");
      },
    },
    now,
  );
  const key = new Uint8Array(32).fill(7);
  voice.start({ sendKey: key, receiveKey: key });
};
