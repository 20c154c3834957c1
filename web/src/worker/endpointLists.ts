/**
 * Keep the home's list of endpoints new: ask over its line, take what a contact passes on
 * (spec/lists.md).
 *
 * A page sees no certificate, so it says nothing of who ends TLS.
 */

import {
  type VerifiedHome,
  homeId,
  lineKeyHash,
  verifyHomeDocumentUntrusted,
  verifySignedDescriptorUntrusted,
} from "../crypto/homeIdentity";
import { NetworkError, WireError } from "../errors";
import type { Clock } from "../platform/clock";
import { type Bytes, equal } from "../wire/bytes";
import { HomeDocument } from "../wire/descriptor";
import { DocumentReply, GetDocument } from "../wire/document";
import type { Reply } from "../wire/line";
import { Status } from "../wire/status";
import type { Book, Draft } from "./book";
import { verifyStored } from "./storedHome";

/** How long what the home said is new enough (spec/registry.md §4). */
export const ASK_SECONDS = 3600;

/** What the lists need of the world. */
export interface ListMeans {
  readonly book: Book;
  readonly clock: Clock;
  /** Ask over the line that is open. */
  readonly ask: (request: GetDocument) => Promise<Reply>;
  /** Learn the build of the page that the home serves now. */
  readonly pageTold: (build: Bytes) => void;
}

export class EndpointLists {
  readonly #means: ListMeans;
  #asked: number | null = null;

  constructor(means: ListMeans) {
    this.#means = means;
  }

  /** Ask over a line that was just opened, at most once an hour; a home that is silent costs nothing. */
  async lineOpened(): Promise<void> {
    const { book, clock } = this.#means;
    const now = clock.now();
    const stored = book.pages.home;
    if (stored === null || (this.#asked !== null && now - this.#asked < ASK_SECONDS)) return;
    this.#asked = now;
    try {
      const { version } = (await verifyStored(stored)).descriptor;
      const reply = await this.#means.ask(GetDocument.of({ q: 0, version }));
      if (reply.status !== Status.OK || reply.data === null) return;
      const { document, page } = DocumentReply.parseUntrusted(reply.data);
      if (page !== null) this.#means.pageTold(page);
      if (document.length > 0) await book.change((draft) => takeDocument(draft, document));
    } catch (error) {
      if (!(error instanceof NetworkError || error instanceof WireError)) throw error;
    }
  }

  /** Take a list that a contact passed on, within the step that commits it; ignore what is none. */
  async took(draft: Draft, signed: Bytes): Promise<void> {
    try {
      await takeList(draft, signed);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }
}

async function takeDocument(draft: Draft, document: Bytes): Promise<void> {
  const old = await home(draft);
  if (old === null) return;
  const fresh = await verifyHomeDocumentUntrusted(document, homeId(old.descriptor.homeKey));
  if (fresh.descriptor.version > old.descriptor.version) draft.putHome(document);
}

async function takeList(draft: Draft, signed: Bytes): Promise<void> {
  const old = await home(draft);
  if (old === null) return;
  const { descriptor, lineKey } = old;
  const fresh = await verifySignedDescriptorUntrusted(signed, homeId(descriptor.homeKey));
  // Where the line key is another one, the page waits for the document that holds it.
  if (fresh.version <= descriptor.version || !equal(fresh.lineKeyHash, lineKeyHash(lineKey))) return;
  draft.putHome(HomeDocument.encode({ signed, lineKey }));
}

async function home({ home: stored }: Draft): Promise<VerifiedHome | null> {
  return stored === null ? null : verifyStored(stored);
}
