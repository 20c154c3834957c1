/** The worker's entry as the page talks to it: what a person asked for can be asked for again. */

import { IDBFactory } from "fake-indexeddb";
import { expect, test, vi } from "vitest";

import type { Command, Notice } from "../../src/worker/messages";

/** A browser's disk that may be full. */
class Disk {
  isFull = true;
  readonly #factory = new IDBFactory();

  readonly databases = (): Promise<IDBDatabaseInfo[]> => this.#factory.databases();

  readonly open = (name: string, version: number): unknown => {
    if (!this.isFull) return this.#factory.open(name, version);
    const request = { onerror: (): void => undefined };
    queueMicrotask(() => {
      request.onerror();
    });
    return request;
  };
}

const notices: Notice[] = [];

async function told(kind: Notice["kind"]): Promise<void> {
  await vi.waitFor(() => {
    expect(notices.map((notice) => notice.kind)).toContain(kind);
  });
}

function say(data: Command): void {
  notices.length = 0;
  self.onmessage?.(new MessageEvent("message", { data }));
}

// Who opens the page from a disk that is full must learn it, and still be able to call somebody.
test("a page from a file that could not be kept can be kept another way", async () => {
  vi.stubGlobal("indexedDB", new Disk());
  vi.stubGlobal("self", globalThis);
  vi.stubGlobal("onmessage", null);
  vi.stubGlobal("postMessage", (notice: Notice) => {
    notices.push(notice);
  });
  vi.stubGlobal("navigator", {
    locks: { request: (_: string, __: unknown, take: (lock: unknown) => unknown) => Promise.resolve(take({})) },
  });
  await import("../../src/worker/main");
  const address = "file:///hamseda.html";
  say({ kind: "start", address, store: "hamseda-file", passphrase: null, homeId: null });
  await told("unkept");
  say({ kind: "keep", passphrase: "correct horse" });
  await told("unkept");
  expect(notices).toEqual([{ kind: "storeTrouble", trouble: "unwritable" }, { kind: "unkept" }]);
  say({ kind: "keep", passphrase: null });
  await told("view");
});
