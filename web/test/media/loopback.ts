/** A page for development: hear yourself through encoder, SFrame, jitter buffer and decoder. */

import { openAudioGraph } from "../../src/platform/audioGraph";

const out = document.querySelector("#out");
document.querySelector("#start")?.addEventListener("click", () => {
  void (async (): Promise<void> => {
    const graph = await openAudioGraph(null, () => undefined);
    const worker = new Worker(new URL("./loopbackWorker.ts", import.meta.url), { type: "module" });
    worker.onmessage = (event: MessageEvent<unknown>): void => {
      if (out !== null) out.textContent += `${JSON.stringify(event.data)}\n`;
    };
    const ports = { capture: graph.capture, playout: graph.playout };
    worker.postMessage(ports, [graph.capture, graph.playout]);
  })();
});
