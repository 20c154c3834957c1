/**
 * Keep one person's keys, contacts and unsent envelopes in IndexedDB, durably and for one tab.
 *
 * All changes of one step are one transaction with `durability: "strict"`, and `commit` settles when
 * the browser says that it is on disk: what leaves the device was stored before (spec/ratchet.md
 * §3). Every value is sealed under the store's key, which lies beside them in one record, in clear or
 * under a passphrase (ADR 0022); kinds and ids stay in clear.
 *
 * The keys are bytes, not non-extractable `CryptoKey`s: WebCrypto has no X-Wing, and a ratchet makes
 * its next key out of the last one. Who can run code in this page's origin can read them.
 */

import { KEY_SIZE } from "../crypto/aead";
import {
  type KeyRecord,
  type LockCost,
  DEFAULT_COST,
  KEY_RECORD_SIZE,
  SALT_SIZE,
  keyRecord,
  openKeyUntrusted,
  openValueUntrusted,
  parseKeyRecordUntrusted,
  passphraseKey,
  sealValue,
} from "../crypto/profileLock";
import type { Rng } from "../crypto/keySchedule";
import { HamsedaError, WireError } from "../errors";
import { type Bytes, concat, equal, own, utf8 } from "../wire/bytes";
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
const KEY = ["meta", utf8("key")];
/** What the first version had in the place of a key, where there was a passphrase. */
const FORMER_LOCK = ["meta", utf8("lock")];
const FORMER_PROOF = utf8("hamseda profile");

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
  #key: Bytes;
  #isLocked: boolean;

  private constructor(database: IDBDatabase, options: StoreOptions, found: Unlocked | null) {
    this.#database = database;
    this.#owner = options.rng(OWNER_BYTES);
    this.#rng = options.rng;
    this.#cost = options.cost ?? DEFAULT_COST;
    this.#key = found?.key ?? options.rng(KEY_SIZE);
    this.#isLocked = found?.isLocked ?? false;
  }

  /** Open a store, making it when there is none. Throws `StoreError` or `LockedError`. */
  static async open(options: StoreOptions): Promise<Store> {
    const database = await openDatabase(options.factory, options.name);
    try {
      const found = await unlock(database, options.passphrase);
      const former = found === null ? await formerKey(database, options.passphrase) : null;
      const store = new Store(database, options, found);
      await claim(database, store.#owner);
      if (found === null) await store.#takeOver(former, options.passphrase);
      return store;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Tell whether a passphrase locks it. */
  get isLocked(): boolean {
    return this.#isLocked;
  }

  /** Seal what is there, nothing or what the first version kept, under a key of the store's own. */
  async #takeOver(former: Bytes | null, passphrase: string | null): Promise<void> {
    const kept: Item[] = [];
    for (const { kind, id, value } of await rawItems(this.#database)) {
      if (kind === "meta") continue;
      const clear = former === null ? value : await opened(former, kind, id, value);
      kept.push({ kind, id, value: clear });
    }
    await this.#rekey(kept, this.#key, former === null ? null : passphrase);
  }

  /** Read all items. */
  async items(): Promise<Item[]> {
    const found: Item[] = [];
    for (const { kind, id, value } of await rawItems(this.#database)) {
      if (kind === "meta") continue;
      found.push({ kind, id, value: await opened(this.#key, kind, id, value) });
    }
    return found;
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
   * Lock it with a passphrase, with another one, or (null) no more: only the key record is written.
   *
   * Where there was none before, the key is a new one and all items are sealed anew: the old record
   * has the old key in clear, and stays in the browser's own files until it tidies up. Nothing may be
   * committed meanwhile. Throws as `commit` does, and then nothing has changed.
   */
  async relock(passphrase: string | null): Promise<void> {
    if (passphrase !== null && !this.#isLocked) {
      await this.#rekey(await this.items(), this.#rng(KEY_SIZE), passphrase);
    } else await this.#rekey([], this.#key, passphrase);
  }

  /** Write the key record, and these items sealed under the key, in one transaction. */
  async #rekey(all: readonly Item[], key: Bytes, passphrase: string | null): Promise<void> {
    const record = await keyRecord(key, passphrase, this.#cost, this.#rng);
    const ready = await Promise.all(all.map((item) => sealed(item, key, this.#rng)));
    await this.#write((items) => {
      items.delete(FORMER_LOCK);
      items.put(record, KEY);
      put(items, ready);
    });
    this.#key = key;
    this.#isLocked = passphrase !== null;
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

/**
 * Remove a store for good, its key first: without it the rest is noise.
 *
 * What it cannot reach are copies: a browser writes new bytes beside the old ones and tidies up later.
 */
export async function eraseStore(factory: IDBFactory, name: string, rng: Rng): Promise<void> {
  const database = await openDatabase(factory, name);
  try {
    await writing(database, (items) => {
      items.put(rng(KEY_RECORD_SIZE), KEY);
    });
  } finally {
    database.close();
  }
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
  if (isMoved) await eraseStore(factory, from, rng);
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

interface Unlocked {
  readonly key: Bytes;
  readonly isLocked: boolean;
}

/** Give the key of a store; null when it has none yet. */
async function unlock(
  database: IDBDatabase,
  passphrase: string | null,
): Promise<Unlocked | null> {
  const [stored] = await reading(database, (items) => [items.get(KEY)]);
  if (!isBytes(stored)) return null;
  const record = parsed(own(stored));
  if (record.kind === "clear") return { key: record.key, isLocked: false };
  if (passphrase === null) throw new LockedError(false);
  const key = await orWrong(openKeyUntrusted(record.lock, passphrase));
  return { key, isLocked: true };
}

function parsed(stored: Bytes): KeyRecord {
  try {
    return parseKeyRecordUntrusted(stored);
  } catch (error) {
    throw error instanceof WireError ? damaged() : error;
  }
}

/** Give the key under which the first version sealed its values; null where they lay in clear. */
async function formerKey(
  database: IDBDatabase,
  passphrase: string | null,
): Promise<Bytes | null> {
  const [stored] = await reading(database, (items) => [items.get(FORMER_LOCK)]);
  if (!isBytes(stored)) return null;
  if (passphrase === null) throw new LockedError(false);
  const fields = Fields.parseUntrusted(own(stored), "lock");
  fields.version();
  const salt = fields.bytes(1, SALT_SIZE);
  const cost = { iterations: fields.uint(2), lanes: 1, memoryKib: fields.uint(3) };
  const key = passphraseKey(passphrase, salt, cost);
  await orWrong(openValueUntrusted(key, FORMER_PROOF, fields.bytes(4)));
  return key;
}

async function orWrong(opening: Promise<Bytes>): Promise<Bytes> {
  try {
    return await opening;
  } catch (error) {
    throw error instanceof WireError ? new LockedError(true) : error;
  }
}

interface Sealed {
  readonly kind: string;
  readonly id: Bytes;
  readonly value: Bytes | null;
}

async function opened(key: Bytes, kind: string, id: Bytes, value: Bytes): Promise<Bytes> {
  try {
    return await openValueUntrusted(key, context(kind, id), value);
  } catch (error) {
    throw error instanceof WireError ? damaged() : error;
  }
}

async function sealed(change: Sealed, key: Bytes, rng: Rng): Promise<Sealed> {
  const { kind, id, value } = change;
  if (value === null) return change;
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
