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
import {
  StoreError,
  eraseDatabase,
  hasDatabase,
  openDatabase,
  reading,
  writing,
} from "./database";

export { StoreError } from "./database";

const OWNER_BYTES = 16;
const OWNER = ["meta", utf8("owner")];
const LOCK = ["meta", utf8("lock")];
const PROOF = utf8("hamseda profile");
const NOTHING: Bytes = new Uint8Array(0);

/** The kinds of items that a store holds, and nothing else. */
export type Kind = "home" | "way" | "invitation" | "contact" | "outbox" | "seen" | "call" | "log";

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
  /** Opens a locked store; one that is not locked needs none. */
  readonly passphrase: string | null;
  readonly factory: IDBFactory;
  readonly rng: Rng;
  /** What a guess at a new passphrase costs; tests make it cheap. */
  readonly cost?: LockCost;
}

export class Store {
  readonly #database: IDBDatabase;
  readonly #owner: Bytes;
  readonly #rng: Rng;
  readonly #cost: LockCost;
  #key: Bytes | null;

  private constructor(database: IDBDatabase, key: Bytes | null, options: StoreOptions) {
    this.#database = database;
    this.#key = key;
    this.#owner = options.rng(OWNER_BYTES);
    this.#rng = options.rng;
    this.#cost = options.cost ?? DEFAULT_COST;
  }

  /** Open a store, making it when there is none. Throws `StoreError` or `LockedError`. */
  static async open(options: StoreOptions): Promise<Store> {
    const database = await openDatabase(options.factory, options.name);
    try {
      const key = await unlock(database, options.passphrase);
      const store = new Store(database, key, options);
      await claim(database, store.#owner);
      return store;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Tell whether a passphrase locks it. */
  get isLocked(): boolean {
    return this.#key !== null;
  }

  /** Read all items. */
  async items(): Promise<Item[]> {
    const found: Item[] = [];
    for (const { kind, id, value } of await rawItems(this.#database)) {
      if (kind !== "meta") found.push({ kind, id, value: await this.#opened(kind, id, value) });
    }
    return found;
  }

  async #opened(kind: string, id: Bytes, value: Bytes): Promise<Bytes> {
    if (this.#key === null) return value;
    try {
      return await openValueUntrusted(this.#key, context(kind, id), value);
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
    const ready = await Promise.all(changes.map((change) => sealed(change, this.#key, this.#rng)));
    await this.#write((items) => {
      put(items, ready);
    });
  }

  /**
   * Lock it with a passphrase, with another one, or (null) no more: all items are written anew.
   *
   * Nothing may be committed meanwhile. Throws as `commit` does, and then nothing has changed. What
   * was written before stays in the browser's own files until it tidies up.
   */
  async relock(passphrase: string | null): Promise<void> {
    const made = passphrase === null ? null : await newLock(passphrase, this.#cost, this.#rng);
    const key = made?.key ?? null;
    const all = await this.items();
    const ready = await Promise.all(all.map((item) => sealed(item, key, this.#rng)));
    await this.#write((items) => {
      if (made === null) items.delete(LOCK);
      else items.put(made.lock, LOCK);
      put(items, ready);
    });
    this.#key = key;
  }

  /** Write in one transaction, if the store is still this tab's. */
  #write(change: (items: IDBObjectStore) => void): Promise<void> {
    return writing(this.#database, (items, refuse) => {
      const owner = items.get(OWNER);
      owner.onsuccess = () => {
        const found: unknown = owner.result;
        if (isBytes(found) && equal(own(found), this.#owner)) change(items);
        else refuse(new StoreError("another tab has taken over", "taken_over"));
      };
    });
  }

  close(): void {
    this.#database.close();
  }
}

/** Remove a store for good. What it cannot reach are copies that the disk has made. */
export async function eraseStore(factory: IDBFactory, name: string): Promise<void> {
  await eraseDatabase(factory, name);
}

/**
 * Move what an earlier version kept under a name for the whole origin, if it is of this home.
 *
 * The old store is claimed first: a tab that still runs the earlier page can write no more. A page
 * that dies in between finds the old store again, or the new one whole.
 */
export async function moveStore(
  factory: IDBFactory,
  from: string,
  to: string,
  rng: Rng,
  isOurs: (items: readonly Item[]) => Promise<boolean>,
): Promise<void> {
  if (!(await hasDatabase(factory, from))) return;
  const [old, fresh] = [await openDatabase(factory, from), await openDatabase(factory, to)];
  let isMoved = false;
  try {
    if (await isOurs(await rawItems(old))) {
      await claim(old, rng(OWNER_BYTES));
      const kept = await rawItems(old);
      const isNew = (await rawItems(fresh)).length === 0;
      await writing(fresh, (items) => {
        for (const { kind, id, value } of isNew ? kept : []) items.put(value, [kind, id]);
      });
      isMoved = true;
    }
  } finally {
    old.close();
    fresh.close();
  }
  if (isMoved) await eraseStore(factory, from);
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

/** Give the key of a store; null when it is not locked. */
async function unlock(database: IDBDatabase, passphrase: string | null): Promise<Bytes | null> {
  const [stored] = await reading(database, (items) => [items.get(LOCK)]);
  if (!isBytes(stored)) return null;
  if (passphrase === null) throw new LockedError(false);
  const fields = Fields.parseUntrusted(own(stored), "lock");
  fields.version();
  const salt = fields.bytes(1, SALT_SIZE);
  const cost = { iterations: fields.uint(2), memoryKib: fields.uint(3) };
  const key = passphraseKey(passphrase, salt, cost);
  try {
    await openValueUntrusted(key, PROOF, fields.bytes(4));
  } catch (error) {
    throw error instanceof WireError ? new LockedError(true) : error;
  }
  return key;
}

interface NewLock {
  readonly key: Bytes;
  /** What is written down of the passphrase's derivation. */
  readonly lock: Bytes;
}

async function newLock(passphrase: string, cost: LockCost, rng: Rng): Promise<NewLock> {
  const salt = rng(SALT_SIZE);
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

interface Sealed {
  readonly kind: string;
  readonly id: Bytes;
  readonly value: Bytes | null;
}

async function sealed(change: Sealed, key: Bytes | null, rng: Rng): Promise<Sealed> {
  const { kind, id, value } = change;
  if (key === null || value === null) return change;
  return { kind, id, value: await sealValue(key, context(kind, id), value, rng) };
}

function put(items: IDBObjectStore, changes: readonly Sealed[]): void {
  for (const { kind, id, value } of changes) {
    if (value === null) items.delete([kind, id]);
    else items.put(value, [kind, id]);
  }
}

/** Say whose the store is from now on. */
function claim(database: IDBDatabase, owner: Bytes): Promise<void> {
  return writing(database, (items) => {
    items.put(owner, OWNER);
  });
}

/** Read everything as it lies there. */
async function rawItems(database: IDBDatabase): Promise<Item[]> {
  const [keys, values] = await reading(database, (items) => [items.getAllKeys(), items.getAll()]);
  return list(values).map((value, at) => {
    if (!isBytes(value)) throw damaged();
    return { ...keyOf(list(keys)[at]), value: own(value) };
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

function damaged(): StoreError {
  return new StoreError("an item of the store was altered", "damaged", "erase everything");
}
