import { expect, it } from "vitest";

import { NetworkError } from "../../src/errors";
import type { Socket } from "../../src/platform/websocket";
import { MediaOut, STALE_MESSAGES } from "../../src/worker/mediaOut";

const MESSAGE = new Uint8Array(86);

function socket(waiting: number, isBroken = false): Socket {
  return {
    buffered: () => waiting,
    send: () => {
      if (isBroken) throw new NetworkError("the line is down", "eof_error");
    },
    receive: () => Promise.reject(new NetworkError("the line is down", "eof_error")),
    close: () => undefined,
  };
}

it("counts what would come too late, because its connection is too slow", () => {
  const out = new MediaOut();
  out.send(socket(STALE_MESSAGES * MESSAGE.length), MESSAGE);
  out.send(socket(STALE_MESSAGES * MESSAGE.length + 1), MESSAGE);
  expect([out.sent, out.dropped]).toEqual([1, 1]);
});

it("takes a line that broke for no narrow path", () => {
  const out = new MediaOut();
  out.send(undefined, MESSAGE);
  out.send(socket(0, true), MESSAGE);
  expect([out.sent, out.dropped]).toEqual([0, 0]);
});
