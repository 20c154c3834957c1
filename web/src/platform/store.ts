/**
 * Keep one person's keys, contacts and unsent envelopes in IndexedDB, durably and for one tab.
 *
 * All changes of one step are one transaction with `durability: "strict"`, and `commit` settles when
 * the browser says that it is on disk: what leaves the device was stored before (spec/ratchet.md
 * §3). With a passphrase every value is sealed; kinds and ids stay in clear.
 *
 * The keys are bytes, not non-extractable `CryptoKey`s: WebCrypto has no X-Wing, and a ratchet makes
 * its next key out of the last one. Who can run code in this page's origin can read them.
 */

import {
  type LockCost,
  DEFAULT_COST,
  SALT_SIZE,
  openValueUntrusted,
  passphraseKey,
  sealValue,
} from "../crypto/profileLock";
import type { Rng } from "../crypto/keySchedule";
import { HamsedaError, WireError } from "../errors";
import { type Bytes, concat, equal, own, utf8 } from "../wire/bytes";
import { encode } from "../wire/cbor";
import { Fields } from "../wire/fields";

const ITEMS = "items";
const VERSION = 1;
const OWNER_BYTES = 16;
const OWNER = ["meta", utf8("owner")];
const LOCK = ["meta", utf8("lock")];
const PROOF = utf8("hamseda profile");
const NOTHING: Bytes = new Uint8Array(0);

/** The kinds of items that a store holds, and nothing else. */
export type Kind = "home" | "invitation" | "contact" | "outbox" | "seen" | "call" | "log";

/** One change of one item; a null value removes it. */
export interface Change {
  readonly kind: Kind;
  readonly id: Bytes;
  readonly value: Bytes | null;
}

export interface Item {
  readonly kind: string;
  readonly id: Bytes;
  readonly value: Bytes;
}

/** The store cannot be used; `trouble` says how. */
export class StoreError extends HamsedaError {
  override readonly name = "StoreError";

  constructor(
    message: string,
    readonly trouble: "unwritable" | "damaged" | "taken_over",
    next = "",
  ) {
    super(message, next);
  }
}

/** The store has a passphrase, and what was given does not open it. */
export class LockedError extends HamsedaError {
  override readonly name = "LockedError";

  constructor(readonly wrong: boolean) {
    super("this store is locked with a passphrase", "type the passphrase");
  }
}

/** How a store is opened. */
export interface StoreOptions {
  readonly name: string;
  /** Opens a locked store, or locks a new one. */
  readonly passphrase: string | null;
  readonly factory: IDBFactory;
  readonly rng: Rng;
  /** What a guess at a new passphrase costs; tests make it cheap. */
  readonly cost?: LockCost;
}

export class Store {
  readonly #database: IDBDatabase;
  readonly #key: Bytes | null;
  readonly #owner: Bytes;
  readonly #rng: Rng;

  private constructor(database: IDBDatabase, key: Bytes | null, rng: Rng) {
    this.#database = database;
    this.#key = key;
    this.#owner = rng(OWNER_BYTES);
    this.#rng = rng;
  }

  /** Open a store, making it when there is none. Throws `StoreError` or `LockedError`. */
  static async open(options: StoreOptions): Promise<Store> {
    const database = await openDatabase(options.factory, options.name);
    try {
      const { key, lock } = await unlock(database, options);
      const store = new Store(database, key, options.rng);
      await store.#claim(lock);
      return store;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Read all items. */
  async items(): Promise<Item[]> {
    const raw = await reading(this.#database, (items) => [items.getAllKeys(), items.getAll()]);
    const [keys, values] = raw;
    const found: Item[] = [];
    for (const [at, value] of list(values).entries()) {
      const { kind, id } = keyOf(list(keys)[at]);
      if (kind !== "meta") found.push({ kind, id, value: await this.#opened(kind, id, value) });
    }
    return found;
  }

  async #opened(kind: string, id: Bytes, value: unknown): Promise<Bytes> {
    if (!isBytes(value)) throw damaged();
    if (this.#key === null) return own(value);
    try {
      return await openValueUntrusted(this.#key, context(kind, id), own(value));
    } catch (error) {
      throw error instanceof WireError ? damaged() : error;
    }
  }

  /**
   * Write changes: all of them reach the disk, or none.
   *
   * Throws `StoreError` when another tab has opened the store since: it knows newer keys.
   */
  async commit(changes: readonly Change[]): Promise<void> {
    // Sealed first: a transaction ends by itself when it has to wait for something else.
    const ready = await Promise.all(changes.map((change) => this.#sealed(change)));
    await writing(this.#database, (items, refuse) => {
      const owner = items.get(OWNER);
      owner.onsuccess = () => {
        const found: unknown = owner.result;
        if (!isBytes(found) || !equal(own(found), this.#owner)) {
          refuse(new StoreError("another tab has taken over", "taken_over"));
          return;
        }
        for (const { kind, id, value } of ready) {
          if (value === null) items.delete([kind, id]);
          else items.put(value, [kind, id]);
        }
      };
    });
  }

  async #sealed({ kind, id, value }: Change): Promise<Change> {
    if (this.#key === null || value === null) return { kind, id, value };
    return { kind, id, value: await sealValue(this.#key, context(kind, id), value, this.#rng) };
  }

  #claim(lock: Bytes | null): Promise<void> {
    return writing(this.#database, (items) => {
      if (lock !== null) items.put(lock, LOCK);
      items.put(this.#owner, OWNER);
    });
  }

  close(): void {
    this.#database.close();
  }
}

/** Remove a store for good. What it cannot reach are copies that the disk has made. */
export async function eraseStore(factory: IDBFactory, name: string): Promise<void> {
  const request = factory.deleteDatabase(name);
  await new Promise<void>((resolve, reject) => {
    request.onsuccess = () => {
      resolve();
    };
    request.onerror = () => {
      reject(unwritable());
    };
  });
}

/**
 * Tell whether this window will forget everything when it is closed.
 *
 * Firefox and Safari refuse the private file system in a private window. Chromium hides the
 * difference on purpose, so there the answer is always no.
 */
export async function isForgetful(storage: StorageManager): Promise<boolean> {
  try {
    await storage.getDirectory();
    return false;
  } catch {
    return true;
  }
}

function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(ITEMS);
    };
    request.onsuccess = () => {
      const database = request.result;
      // Another tab erases everything: standing in its way would keep the keys.
      database.onversionchange = () => {
        database.close();
      };
      resolve(database);
    };
    request.onerror = () => {
      reject(unwritable());
    };
  });
}

interface Unlocked {
  readonly key: Bytes | null;
  /** What is written down of the passphrase's derivation; null when it stands there already. */
  readonly lock: Bytes | null;
}

async function unlock(database: IDBDatabase, options: StoreOptions): Promise<Unlocked> {
  const { passphrase, rng } = options;
  const [stored, owner] = await reading(database, (items) => [items.get(LOCK), items.get(OWNER)]);
  if (isBytes(stored)) return openLock(own(stored), passphrase);
  if (passphrase === null || owner !== undefined) return { key: null, lock: null };
  const [salt, cost] = [rng(SALT_SIZE), options.cost ?? DEFAULT_COST];
  const key = passphraseKey(passphrase, salt, cost);
  const proof = await sealValue(key, PROOF, NOTHING, rng);
  const lock = encode(
    new Map<number, number | Bytes>([
      [0, 1],
      [1, salt],
      [2, cost.iterations],
      [3, cost.memoryKib],
      [4, proof],
    ]),
  );
  return { key, lock };
}

async function openLock(lock: Bytes, passphrase: string | null): Promise<Unlocked> {
  if (passphrase === null) throw new LockedError(false);
  const fields = Fields.parseUntrusted(lock, "lock");
  fields.version();
  const salt = fields.bytes(1, SALT_SIZE);
  const cost = { iterations: fields.uint(2), memoryKib: fields.uint(3) };
  const key = passphraseKey(passphrase, salt, cost);
  try {
    await openValueUntrusted(key, PROOF, fields.bytes(4));
  } catch (error) {
    throw error instanceof WireError ? new LockedError(true) : error;
  }
  return { key, lock: null };
}

/** Run requests in one reading transaction; give their results. */
function reading(
  database: IDBDatabase,
  ask: (items: IDBObjectStore) => readonly IDBRequest[],
): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(ITEMS, "readonly");
    const requests = ask(transaction.objectStore(ITEMS));
    transaction.oncomplete = () => {
      resolve(requests.map((request): unknown => request.result));
    };
    transaction.onabort = () => {
      reject(unwritable());
    };
  });
}

/** Run one durable transaction; `refuse` undoes it all. */
function writing(
  database: IDBDatabase,
  change: (items: IDBObjectStore, refuse: (why: StoreError) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let why: StoreError | null = null;
    let transaction: IDBTransaction;
    try {
      transaction = database.transaction(ITEMS, "readwrite", { durability: "strict" });
    } catch {
      // The connection is closed: erased by another tab, or given up by the browser.
      reject(unwritable());
      return;
    }
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = () => {
      reject(why ?? unwritable());
    };
    change(transaction.objectStore(ITEMS), (refusal) => {
      why = refusal;
      transaction.abort();
    });
  });
}

function keyOf(key: unknown): { readonly kind: string; readonly id: Bytes } {
  const [kind, id] = list(key);
  if (typeof kind !== "string") throw damaged();
  if (id instanceof ArrayBuffer || isBytes(id)) return { kind, id: own(id) };
  throw damaged();
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function context(kind: string, id: Bytes): Bytes {
  return concat(utf8(kind), Uint8Array.of(0), id);
}

function unwritable(): StoreError {
  return new StoreError(
    "this browser keeps nothing for this page",
    "unwritable",
    "leave the private window, or free some space",
  );
}

function damaged(): StoreError {
  return new StoreError("an item of the store was altered", "damaged", "erase everything");
}
