/**
 * Keep a book in memory only: for a page from a file whose person wants nothing kept.
 *
 * Whatever the page promised to keep is gone with it; nobody is told, as after a lost device.
 */

import { UsageError } from "../errors";
import type { Change, Item } from "../platform/store";
import { hex } from "../wire/bytes";
import type { Shelf } from "./book";

export class MemoryShelf implements Shelf {
  readonly #items = new Map<string, Item>();
  readonly isLocked = false;

  items(): Promise<Item[]> {
    return Promise.resolve([...this.#items.values()]);
  }

  commit(changes: readonly Change[]): Promise<void> {
    for (const { kind, id, value } of changes) {
      const name = `${kind} ${hex(id)}`;
      if (value === null) this.#items.delete(name);
      else this.#items.set(name, { kind, id, value });
    }
    return Promise.resolve();
  }

  relock(): Promise<void> {
    return Promise.reject(new UsageError("nothing is kept here that could be locked"));
  }
}
