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
import { passphraseKey, sealValue } from "../../src/crypto/profileLock";
import { type Bytes, concat, hex, utf8 } from "../../src/wire/bytes";
import { encode } from "../../src/wire/cbor";

const CHEAP = { iterations: 1, lanes: 1, memoryKib: 8 };
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

/** Write with the browser's own means. */
function raw(
  factory: IDBFactory,
  version: number,
  write: (items: IDBObjectStore) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = factory.open("t", version);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion === 0) request.result.createObjectStore("items");
    };
    request.onerror = () => {
      reject(new Error("cannot be written"));
    };
    request.onsuccess = () => {
      const transaction = request.result.transaction("items", "readwrite");
      write(transaction.objectStore("items"));
      transaction.oncomplete = () => {
        request.result.close();
        resolve();
      };
    };
  });
}

/** Keep two items as the first version of the page did. */
async function former(factory: IDBFactory, passphrase: string | null): Promise<void> {
  const salt = randomBytes(16);
  const key = passphrase === null ? null : passphraseKey(passphrase, salt, CHEAP);
  const values = await Promise.all(
    [ONE, TWO].map(async ({ kind, id, value }) => {
      const name = concat(utf8(kind), Uint8Array.of(0), id);
      const stored = key === null ? value : await sealValue(key, name, value, randomBytes);
      return [kind, id, stored] as const;
    }),
  );
  const proof =
    key === null
      ? null
      : await sealValue(key, utf8("hamseda profile"), new Uint8Array(0), randomBytes);
  await raw(factory, 1, (items) => {
    for (const [kind, id, value] of values) items.put(value, [kind, id]);
    if (proof === null) return;
    const lock = new Map<number, number | Bytes>([
      [0, 1],
      [1, salt],
      [2, CHEAP.iterations],
      [3, CHEAP.memoryKib],
      [4, proof],
    ]);
    items.put(encode(lock), ["meta", utf8("lock")]);
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

  test("keeps nothing in clear but its key, and that in one record of one size", async () => {
    const factory = new IDBFactory();
    const store = await open(factory);
    await store.commit([ONE]);
    const before = await disk(factory);
    expect(before).not.toContain(hex(ONE.value));
    await store.relock("correct horse");
    await store.relock("battery staple");
    const locked = await disk(factory);
    await store.relock(null);
    const after = await disk(factory);
    expect(after.length).toBe(before.length);
    // Another passphrase, or none again, is another key record and nothing else.
    const changed = (one: string, two: string): number =>
      one.split(" ").filter((value) => !two.split(" ").includes(value)).length;
    expect(changed(locked, after)).toBe(1);
    // The first one is a new key: the browser's files may keep the old one for a while, in clear.
    expect(changed(before, locked)).toBe(2);
  });

  test.each([null, "correct horse"])(
    "of the first version is taken over whole (passphrase: %s)",
    async (passphrase) => {
      const factory = new IDBFactory();
      await former(factory, passphrase);
      if (passphrase !== null) {
        await expect(open(factory)).rejects.toEqual(new LockedError(false));
        await expect(open(factory, "wrong")).rejects.toEqual(new LockedError(true));
      }
      for (let times = 0; times < 2; times += 1) {
        const store = await open(factory, passphrase);
        expect(await store.items()).toEqual([ONE, TWO]);
        expect(store.isLocked).toBe(passphrase !== null);
        store.close();
      }
      const found = await disk(factory);
      for (const { value } of [ONE, TWO]) expect(found).not.toContain(hex(value));
    },
  );

  test("whose taking over was cut off is taken over at the next opening", async () => {
    const factory = new IDBFactory();
    await former(factory, "correct horse");
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this`
    const begin = FDBDatabase.prototype.transaction;
    const spied = vi.spyOn(FDBDatabase.prototype, "transaction");
    const cutAfter = (from: number): void => {
      let writes = 0;
      spied.mockImplementation(function (this: IDBDatabase, names, mode, options) {
        if (mode === "readwrite") writes += 1;
        if (writes > from) throw new DOMException("off", "InvalidStateError");
        return begin.call(this, names, mode, options);
      });
    };
    for (const from of [0, 1]) {
      cutAfter(from);
      await expect(open(factory, "correct horse")).rejects.toBeInstanceOf(StoreError);
    }
    vi.restoreAllMocks();
    expect(await (await open(factory, "correct horse")).items()).toEqual([ONE, TWO]);
  });

  test("of a newer page is refused in words and left alone", async () => {
    const factory = new IDBFactory();
    await raw(factory, 3, (items) => items.put(ONE.value, [ONE.kind, ONE.id]));
    await expect(open(factory)).rejects.toMatchObject({ trouble: "newer" });
    await expect(eraseStore(factory, "t", randomBytes)).rejects.toMatchObject({ trouble: "newer" });
    expect(await disk(factory)).toBe(hex(ONE.value));
    expect((await factory.databases()).map(({ version }) => version)).toEqual([3]);
  });

  test("whose key record was damaged says so, and makes no new key", async () => {
    const factory = new IDBFactory();
    const store = await open(factory);
    await store.commit([ONE]);
    store.close();
    await raw(factory, 2, (items) => items.put(new Uint8Array(192), ["meta", utf8("key")]));
    await expect(open(factory)).rejects.toMatchObject({ trouble: "damaged" });
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
    await eraseStore(factory, "t", randomBytes);
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
