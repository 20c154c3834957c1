/** What leaves the device was stored before, for one tab at a time, and sealed where asked for. */

import { IDBDatabase as FDBDatabase, IDBFactory } from "fake-indexeddb";
import { afterEach, describe, expect, test, vi } from "vitest";

import { randomBytes } from "../../src/platform/randomness";
import {
  LockedError,
  Store,
  StoreError,
  eraseStore,
  isForgetful,
  moveStore,
} from "../../src/platform/store";
import { hex, utf8 } from "../../src/wire/bytes";

const CHEAP = { iterations: 1, memoryKib: 8 };
const ONE = { kind: "contact", id: utf8("a"), value: utf8("one") } as const;
const TWO = { kind: "log", id: utf8("b"), value: utf8("two") } as const;

function open(factory: IDBFactory, passphrase: string | null = null): Promise<Store> {
  return Store.open({ name: "t", passphrase, factory, rng: randomBytes, cost: CHEAP });
}

/** Read everything as somebody who has the disk. */
function disk(factory: IDBFactory): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = factory.open("t");
    request.onerror = () => {
      reject(new Error("cannot be read"));
    };
    request.onsuccess = () => {
      const all = request.result.transaction("items").objectStore("items").getAll();
      all.onsuccess = () => {
        const values: readonly unknown[] = all.result;
        request.result.close();
        const found = values.map((value) => (value instanceof Uint8Array ? hex(value.slice()) : ""));
        resolve(found.join(" "));
      };
    };
  });
}

describe("a store", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test("gives back what was committed, and nothing that was removed", async () => {
    const factory = new IDBFactory();
    const store = await open(factory);
    await store.commit([ONE, TWO]);
    await store.commit([{ ...ONE, value: null }]);
    store.close();
    expect(await (await open(factory)).items()).toEqual([TWO]);
  });

  test("writes all changes of a step in one strict transaction", async () => {
    const asked = vi.spyOn(FDBDatabase.prototype, "transaction");
    const store = await open(new IDBFactory());
    asked.mockClear();
    await store.commit([ONE, TWO]);
    expect(asked.mock.calls).toEqual([["items", "readwrite", { durability: "strict" }]]);
  });

  test("refuses the tab that had it before: its keys are old", async () => {
    const factory = new IDBFactory();
    const old = await open(factory);
    await old.commit([ONE]);
    const fresh = await open(factory);
    await expect(old.commit([TWO])).rejects.toMatchObject({ trouble: "taken_over" });
    expect(await fresh.items()).toEqual([ONE]);
    await fresh.commit([TWO]);
  });

  test("shows nothing of a value under a passphrase, and opens with it alone", async () => {
    const factory = new IDBFactory();
    const store = await open(factory);
    await store.commit([ONE]);
    await store.relock("correct horse");
    await store.commit([TWO]);
    expect(store.isLocked).toBe(true);
    store.close();
    const found = await disk(factory);
    for (const { value } of [ONE, TWO]) expect(found).not.toContain(hex(value));
    await expect(open(factory)).rejects.toEqual(new LockedError(false));
    await expect(open(factory, "wrong")).rejects.toEqual(new LockedError(true));
    expect(await (await open(factory, "correct horse")).items()).toEqual([ONE, TWO]);
  });

  test("takes another passphrase, or none again", async () => {
    const factory = new IDBFactory();
    const store = await open(factory);
    await store.commit([ONE]);
    await store.relock("correct horse");
    await store.relock("battery staple");
    await expect(open(factory, "correct horse")).rejects.toEqual(new LockedError(true));
    await store.relock(null);
    expect(await (await open(factory)).items()).toEqual([ONE]);
  });

  test("is not locked by a tab that another one has overruled", async () => {
    // It would seal the newest keys under a passphrase that the other tab does not know.
    const factory = new IDBFactory();
    const old = await open(factory);
    const fresh = await open(factory);
    await fresh.commit([ONE]);
    await expect(old.relock("correct horse")).rejects.toMatchObject({ trouble: "taken_over" });
    expect(await (await open(factory)).items()).toEqual([ONE]);
  });

  test("that has no passphrase is opened with none, whatever is typed", async () => {
    const factory = new IDBFactory();
    const store = await open(factory);
    await store.commit([ONE]);
    store.close();
    expect(await (await open(factory, "surplus")).items()).toEqual([ONE]);
  });

  test("that was erased holds nothing, also while another tab has it open", async () => {
    const factory = new IDBFactory();
    const store = await open(factory);
    await store.commit([ONE]);
    await eraseStore(factory, "t");
    await expect(store.commit([TWO])).rejects.toBeInstanceOf(StoreError);
    expect(await (await open(factory)).items()).toEqual([]);
  });

  test("of an earlier page moves to its home's own name, and to no other home's", async () => {
    const factory = new IDBFactory();
    const move = (to: string, isOurs: boolean): Promise<void> =>
      moveStore(factory, "t", to, randomBytes, () => Promise.resolve(isOurs));
    const at = (name: string): Promise<Store> =>
      Store.open({ name, passphrase: null, factory, rng: randomBytes, cost: CHEAP });
    await move("t/door", true);
    const old = await open(factory);
    await old.commit([ONE]);
    await move("t/other", false);
    expect(await (await at("t/other")).items()).toEqual([]);
    await move("t/door", true);
    expect(await (await at("t/door")).items()).toEqual([ONE]);
    // A tab that still runs the earlier page must not go on with keys that are used elsewhere.
    await expect(old.commit([TWO])).rejects.toBeInstanceOf(StoreError);
    expect((await factory.databases()).map(({ name }) => name)).toEqual(["t/other", "t/door"]);
  });

  test("that will be forgotten says so where the browser tells", async () => {
    const storage = (getDirectory: () => Promise<FileSystemDirectoryHandle>): StorageManager => ({
      getDirectory,
      estimate: () => Promise.resolve({}),
      persist: () => Promise.resolve(false),
      persisted: () => Promise.resolve(false),
    });
    const refused = storage(() => Promise.reject(new DOMException("no", "SecurityError")));
    expect(await isForgetful(refused)).toBe(true);
  });
});
