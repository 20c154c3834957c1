/** Reach one IndexedDB database: open it, read, write durably, empty it. Its items are `store.ts`'s. */

import { HamsedaError } from "../errors";

const ITEMS = "items";
/** 2: all values are sealed. A page of version 1 must not open what it would write into in clear. */
const VERSION = 2;

/** The store cannot be used; `trouble` says how. */
export class StoreError extends HamsedaError {
  override readonly name = "StoreError";

  constructor(
    message: string,
    readonly trouble: "unwritable" | "damaged" | "taken_over" | "newer",
    next = "",
  ) {
    super(message, next);
  }
}

/** Say that nothing can be kept. */
export function unwritable(): StoreError {
  return new StoreError(
    "this browser keeps nothing for this page",
    "unwritable",
    "leave the private window, or free some space",
  );
}

/** Open a database, making it when there is none; one that a newer page wrote is left alone. */
export function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, VERSION);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion === 0) request.result.createObjectStore(ITEMS);
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
      reject(request.error?.name === "VersionError" ? newer() : unwritable());
    };
  });
}

/** Say that a later page wrote what is kept; nothing of it was touched. */
function newer(): StoreError {
  return new StoreError("a newer page keeps this store", "newer", "open the newest page");
}

/** Tell whether a database is there, without making it; a browser that cannot say has none. */
export async function hasDatabase(factory: IDBFactory, name: string): Promise<boolean> {
  // Firefox before 126 does not have it, whatever the types say.
  if (!("databases" in factory)) return false;
  return (await factory.databases()).some((each) => each.name === name);
}

/** Run requests in one reading transaction; give their results. */
export function reading(
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
export function writing(
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

/**
 * Empty a database and remove it.
 *
 * Emptied first: a frozen tab can hold up the removal until it wakes, and must not keep the keys.
 */
export async function eraseDatabase(factory: IDBFactory, name: string): Promise<void> {
  const database = await openDatabase(factory, name);
  try {
    await writing(database, (items) => {
      items.clear();
    });
  } finally {
    database.close();
  }
  const request = factory.deleteDatabase(name);
  await new Promise<void>((resolve, reject) => {
    const done = (): void => {
      resolve();
    };
    request.onsuccess = done;
    request.onblocked = done;
    request.onerror = () => {
      reject(unwritable());
    };
  });
}
