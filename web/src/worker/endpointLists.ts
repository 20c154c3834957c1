/**
 * Keep the home's list of endpoints new: ask over its line, take what a contact or the person
 * brings, give it to be passed on (spec/lists.md).
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
import { NetworkError, TrustError, WireError } from "../errors";
import type { Clock } from "../platform/clock";
import { type Bytes, equal, hex } from "../wire/bytes";
import { type Descriptor, type Endpoint, HomeDocument } from "../wire/descriptor";
import { DocumentReply, GetDocument, formatList, parseListUntrusted } from "../wire/document";
import type { Reply } from "../wire/line";
import { Status } from "../wire/status";
import type { Book, Draft } from "./book";
import { type HomeDirectory, keepNewer } from "./homes";
import type { ListOutcome, Notice } from "./messages";
import { verifyStored } from "./storedHome";
import { sourcesOf } from "./ways";

/** How long what the home said is new enough (spec/registry.md §4). */
export const ASK_SECONDS = 3600;

/** What the lists need of the world. */
export interface ListMeans {
  readonly book: Book;
  readonly clock: Clock;
  /** Ask over the line that is open. */
  readonly ask: (request: GetDocument) => Promise<Reply>;
  readonly directory: HomeDirectory;
  readonly tell: (notice: Notice) => void;
  /** Dial at once: there are ways that were not tried yet. */
  readonly hurry: () => void;
}

export class EndpointLists {
  readonly #means: ListMeans;
  #asked: number | null = null;

  constructor(means: ListMeans) {
    this.#means = means;
  }

  /** Learn over a line that was just opened, and tell what the page may reach now. */
  async lineOpened(): Promise<void> {
    const isAnother = await this.#askIfDue();
    await this.#tellReach();
    if (isAnother) await this.show();
  }

  /**
   * Ask at most once an hour; a home that is silent costs nothing.
   *
   * Gives whether the home sent another document than the one that was here.
   */
  async #askIfDue(): Promise<boolean> {
    const { book, clock } = this.#means;
    const now = clock.now();
    const stored = book.pages.home;
    if (stored === null || (this.#asked !== null && now - this.#asked < ASK_SECONDS)) return false;
    this.#asked = now;
    try {
      const { homeKey, version } = (await verifyStored(stored)).descriptor;
      const reply = await this.#means.ask(GetDocument.of({ q: 0, version }));
      if (reply.status !== Status.OK || reply.data === null) return false;
      const { document, page } = DocumentReply.parseUntrusted(reply.data);
      if (page !== null) this.#means.tell({ kind: "homePage", build: hex(page) });
      if (document.length === 0) return false;
      const fresh = await verifyHomeDocumentUntrusted(document, homeId(homeKey));
      return await book.change((draft) => keepNewer(draft, fresh));
    } catch (error) {
      if (!(error instanceof NetworkError || error instanceof WireError)) throw error;
      return false;
    }
  }

  /**
   * Take a list that a contact passed on, within the step that commits it; ignore what is none.
   *
   * Gives whether it is used from now on.
   */
  async took(draft: Draft, signed: Bytes): Promise<boolean> {
    try {
      return await takeList(draft, signed);
    } catch (error) {
      if (error instanceof WireError) return false;
      throw error;
    }
  }

  /** Say from whom a list came that is used now, and use it. */
  async tookFrom(name: string): Promise<void> {
    this.#means.tell({ kind: "waysFrom", name });
    await this.#useNow();
  }

  /** Take the text of a list that the person brought, and tell what came of it. */
  async takeText(text: string): Promise<void> {
    const outcome = await this.#judge(text);
    if (outcome === "taken") await this.#useNow();
    this.#means.tell({ kind: "listTaken", outcome });
  }

  /** Tell the list as text, to be passed on. */
  async show(): Promise<void> {
    const stored = this.#means.book.pages.home;
    if (stored === null) return;
    this.#means.tell({ kind: "list", text: formatList((await verifyStored(stored)).signed) });
  }

  async #judge(text: string): Promise<ListOutcome> {
    let signed: Bytes;
    let descriptor: Descriptor;
    try {
      signed = parseListUntrusted(text);
      descriptor = await verifySignedDescriptorUntrusted(signed, null);
    } catch (error) {
      if (error instanceof WireError) return "altered";
      throw error;
    }
    const { book, directory } = this.#means;
    try {
      // A page that came from a home belongs to that one; a file to the first that is named.
      const home = directory.hasHome ? await directory.get() : null;
      if (home !== null && home.homeId !== homeId(descriptor.homeKey)) return "other";
      if (home !== null && home.version >= descriptor.version) return "known";
    } catch (error) {
      if (error instanceof NetworkError) return "unreached";
      if (error instanceof TrustError) return "other";
      throw error;
    }
    if (await book.change((draft) => takeList(draft, signed))) return "taken";
    return this.#meet(descriptor);
  }

  /** Get the document of a list from one of its endpoints: its line key is not known here. */
  async #meet(descriptor: Descriptor): Promise<ListOutcome> {
    const { directory } = this.#means;
    const before = directory.hasHome ? await directory.ways() : [];
    // A page that came from a home may reach them only when it is loaded the next time.
    this.#tellSources([...before, ...directory.usable(descriptor.endpoints)]);
    return directory.meet(descriptor);
  }

  async #useNow(): Promise<void> {
    await this.#tellReach();
    this.#means.hurry();
    await this.show();
  }

  async #tellReach(): Promise<void> {
    this.#tellSources(await this.#means.directory.ways());
  }

  #tellSources(ways: readonly Endpoint[]): void {
    this.#means.tell({ kind: "reach", sources: [...new Set(ways.flatMap(sourcesOf))] });
  }
}

/** Keep a list where it is newer; give whether it was. */
async function takeList(draft: Draft, signed: Bytes): Promise<boolean> {
  const old = await home(draft);
  if (old === null) return false;
  const { descriptor, lineKey } = old;
  const fresh = await verifySignedDescriptorUntrusted(signed, homeId(descriptor.homeKey));
  // Where the line key is another one, the page waits for the document that holds it.
  if (fresh.version <= descriptor.version) return false;
  if (!equal(fresh.lineKeyHash, lineKeyHash(lineKey))) return false;
  draft.putHome(HomeDocument.encode({ signed, lineKey, features: [] }));
  return true;
}

async function home({ home: stored }: Draft): Promise<VerifiedHome | null> {
  return stored === null ? null : verifyStored(stored);
}
