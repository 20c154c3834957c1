/**
 * Know the page's own home, check that it stays the same, and remember it.
 *
 * The page came from this home's address, or from a file: then the first link says where it is. On
 * the first visit a home link's `#h=` is all there is to hold its identity against; from then on
 * another identity under this address is refused.
 */

import {
  type VerifiedHome,
  homeId,
  verifyHomeDocumentUntrusted,
} from "../crypto/homeIdentity";
import { NetworkError, NewerReleaseError, TrustError, WireError } from "../errors";
import type { Web } from "../platform/websocket";
import { type Bytes, equal } from "../wire/bytes";
import { type Descriptor, type Endpoint, HomeDocument } from "../wire/descriptor";
import { bareHost } from "../wire/host";
import type { Scope } from "../wire/scope";
import { type HomeLink, type InvitationLink, formatLink, parseLink } from "../wire/link";
import type { Item } from "../platform/store";
import type { Book, Draft } from "./book";
import { tooNew } from "./lineFailures";
import type { HomeTrouble } from "./messages";
import { verifyStored } from "./storedHome";
import { DEFAULT_PORTS, bracketed, isUsable, nameOf, nearness } from "./ways";

/** Seconds for a small document, by the only way or by one of several. */
const ALONE_SECONDS = 20;
const OTHERS_SECONDS = 5;

/** The home as this page knows it. */
export interface KnownHome {
  readonly homeId: string;
  readonly lineKey: Bytes;
  readonly endpoints: readonly Endpoint[];
  readonly version: number;
  /** The signed descriptor as it came: it goes into invitations. */
  readonly signed: Bytes;
}

export class HomeDirectory {
  readonly #web: Web;
  readonly #book: Book;
  #linkId: string | null = null;
  #trouble: HomeTrouble | null = null;
  /** The page's own address as an endpoint; null for a page from a file. */
  readonly #own: Endpoint | null;
  /** The same, or the place that a link named. */
  #here: Endpoint | null;

  constructor(web: Web, book: Book, address: string) {
    this.#web = web;
    this.#book = book;
    this.#own = endpointOf(address);
    this.#here = this.#own;
  }

  /** Tell whether it is known where the home is. */
  get hasHome(): boolean {
    return this.#here !== null || this.#book.pages.home !== null;
  }

  /** List the ways that this page can go: its own address, and what the home names for browsers. */
  async ways(): Promise<readonly Endpoint[]> {
    return this.#ways((await this.get()).endpoints);
  }

  /**
   * List which of these a page can use: none nearer than where it met its home (spec/endpoints.md
   * §7). Of a first list, by which it is met only now, the farthest.
   */
  usable(endpoints: readonly Endpoint[]): readonly Endpoint[] {
    const usable = endpoints.filter(isUsable);
    const met = this.#met();
    const floor = met.length > 0 ? Math.min(...met) : Math.max(...usable.map(nearness));
    return usable.filter((end) => nearness(end) >= floor);
  }

  /** List how near the places are by which this page knows its home. */
  #met(): readonly Scope[] {
    const best = this.best === null ? null : endpointOf(this.best);
    return [this.#here, best].filter((end) => end !== null).map(nearness);
  }

  #ways(endpoints: readonly Endpoint[]): readonly Endpoint[] {
    const usable = this.usable(endpoints);
    const here = this.#here;
    if (here === null) return usable;
    const at = usable.findIndex((end) => nameOf(end) === nameOf(here));
    return at === -1 ? [here, ...usable] : usable;
  }

  /** By which endpoint a line was opened last, here or at an earlier visit. */
  get best(): string | null {
    return this.#book.pages.way;
  }

  /** Remember by which endpoint a line was opened. */
  async reached(end: Endpoint): Promise<void> {
    const way = nameOf(end);
    if (way === this.best) return;
    await this.#book.change((draft) => {
      draft.putWay(way);
    });
  }

  /** Tell whether a link leads to this home; only its bundle proves it. */
  async isOurs({ door }: InvitationLink): Promise<boolean> {
    return (await this.ways()).some((end) => end.door === door);
  }

  /** Take the place that a link names as this home's, until its document is here. */
  adopt(place: InvitationLink | HomeLink): void {
    const { scheme, host, port, door } = place;
    this.#here = { scheme, host: bareHost(host), port, tlsName: "", door, web: true };
  }

  /** Learn from a home's own link where it is, and hold it against the identity that it names. */
  async introduce(text: string): Promise<void> {
    const link = parseLink(text);
    if (link.kind !== "home" || this.hasHome) return;
    this.adopt(link);
    try {
      await this.check(link.homeId);
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
    } finally {
      this.disown();
    }
  }

  /** Forget an adopted place that led to no home. */
  disown(): void {
    if (this.#book.pages.home === null) this.#here = this.#own;
  }

  /** What does not fit about the home's identity. */
  get trouble(): HomeTrouble | null {
    return this.#trouble;
  }

  /**
   * Hold the home against the identity that a link to it names; see `trouble` for what came of it.
   *
   * On the first visit nothing is kept of a home that has another one, now and later.
   */
  async check(linkId: string): Promise<void> {
    this.#linkId = linkId;
    const home = await this.get();
    this.#trouble = home.homeId === linkId ? null : "link";
  }

  /** Give the home, from the store or, on the first visit, from itself. */
  async get(): Promise<KnownHome> {
    return (await this.#stored()) ?? this.refresh();
  }

  async #stored(): Promise<KnownHome | null> {
    const stored = this.#book.pages.home;
    return stored === null ? null : known(await verifyStored(stored));
  }

  /** Ask the home for its newest document; `TrustError` when another home answers. */
  async refresh(): Promise<KnownHome> {
    const { status, body } = await this.#fetch("home");
    if (status !== 200) {
      throw new NetworkError("there is no home at this address any more", "http_not_a_home");
    }
    return this.#book.change(async (draft) => {
      const old = draft.home === null ? null : known(await verifyStored(draft.home));
      const fresh = await verified(body);
      this.#requireIdentity(known(fresh).homeId, old);
      if (old !== null && old.version > fresh.descriptor.version) return old;
      draft.putHome(body);
      // A page from a file is told by nothing else, the next time, where it met its home.
      if (old === null && this.#own === null && this.#here !== null) draft.putWay(nameOf(this.#here));
      return known(fresh);
    });
  }

  /**
   * Give the home as new as somebody else knew it; `TrustError` when it is only to be had older.
   *
   * Who has a line key that the home gave up could stand in its place with a document of then.
   */
  async atLeast(version: number): Promise<KnownHome> {
    const kept = await this.get();
    const home = kept.version < version ? await this.refresh() : kept;
    if (home.version < version) throw new TrustError("what answers describes the home as it was once");
    return home;
  }

  #requireIdentity(found: string, old: KnownHome | null): void {
    if (found === (old?.homeId ?? this.#linkId ?? found)) return;
    this.#trouble = old === null ? "link" : "changed";
    throw new TrustError("another home answers at this address than the one that was expected");
  }

  /**
   * Learn the home of a list from one of the list's own endpoints, and tell what came of it.
   *
   * Only for a list that may be taken: the document must be its home's, and as new as the list.
   */
  async meet({ homeKey, endpoints, version }: Descriptor): Promise<"taken" | "other" | "unreached"> {
    for (const end of this.usable(endpoints)) {
      try {
        const { status, body } = await this.#web.get(`${nameOf(end)}/home`, OTHERS_SECONDS);
        if (status !== 200) continue;
        const fresh = await verifyHomeDocumentUntrusted(body, homeId(homeKey));
        if (fresh.descriptor.version < version) continue;
        return await this.#book.change(async (draft) => {
          const isFirst = draft.home === null;
          if (!(await keepNewer(draft, fresh))) return "other";
          if (isFirst && this.#own === null) draft.putWay(nameOf(end));
          return "taken";
        });
      } catch (error) {
        if (!(error instanceof NetworkError || error instanceof WireError)) throw error;
      }
    }
    return "unreached";
  }

  /** Fetch what an invitation of this home leads to: its HTTP status and the sealed bundle. */
  bundle(id: string): Promise<{ readonly status: number; readonly body: Bytes }> {
    return this.#fetch(`i/${id}`);
  }

  /** Fetch from the endpoint that worked last, or else from one of the others. */
  async #fetch(path: string): Promise<{ readonly status: number; readonly body: Bytes }> {
    const ways = this.#ways((await this.#stored())?.endpoints ?? []);
    const best = ways.filter((end) => nameOf(end) === this.best);
    const patience = ways.length > 1 ? OTHERS_SECONDS : ALONE_SECONDS;
    let failure = new NetworkError("there is no home yet", "host_unreachable");
    for (const end of new Set([...best, ...ways])) {
      try {
        return await this.#web.get(`${nameOf(end)}/${path}`, patience);
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** Write the link of an invitation: at this page's address when the home names it as its own. */
  invitationLink(home: KnownHome, hash: Bytes): string {
    const here = this.#here;
    const isNamed = home.endpoints.some((end) => here !== null && nameOf(end) === nameOf(here));
    // A front has another door, and no page behind it; the home's own endpoints come first.
    const own = home.endpoints.filter(({ door }) => door === home.endpoints[0]?.door);
    const end = isNamed ? here : (own.find(({ web }) => web) ?? here ?? own[0] ?? null);
    if (end === null) throw new NetworkError("this home has no address for a page", "host_unreachable");
    const { scheme, port, door } = end;
    return formatLink({ kind: "invitation", scheme, host: bracketed(end), port, door, hash });
  }
}

/**
 * Keep a document where the one that is kept is older; false when another home's is kept.
 *
 * Within the step that commits it: whatever was kept when the document was asked for may be old.
 */
export async function keepNewer(draft: Draft, fresh: VerifiedHome): Promise<boolean> {
  const { descriptor, lineKey, signed } = fresh;
  if (draft.home !== null) {
    const { descriptor: old } = await verifyStored(draft.home);
    if (!equal(old.homeKey, descriptor.homeKey)) return false;
    if (old.version >= descriptor.version) return true;
  }
  draft.putHome(HomeDocument.encode({ signed, lineKey, features: [] }));
  return true;
}

/** Read a page's address; null when it came from a file. */
function endpointOf(address: string): Endpoint | null {
  const { protocol, hostname, port, pathname } = new URL(address.replace(/\/+$/, ""));
  if (protocol !== "https:" && protocol !== "http:") return null;
  const scheme = protocol === "https:" ? "https" : "http";
  return {
    scheme,
    host: bareHost(hostname),
    port: port === "" ? DEFAULT_PORTS[scheme] : Number(port),
    tlsName: "",
    door: pathname.replace(/^\//, ""),
    web: true,
  };
}

/** Tell whether what a store holds belongs to the home behind a door. */
export async function isOfDoor(items: readonly Item[], door: string): Promise<boolean> {
  const kept = items.find(({ kind }) => kind === "home");
  if (kept === undefined) return false;
  try {
    const { endpoints } = known(await verifyHomeDocumentUntrusted(kept.value, null));
    return endpoints.some((end) => end.door === door);
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

async function verified(document: Bytes): Promise<VerifiedHome> {
  try {
    return await verifyHomeDocumentUntrusted(document, null);
  } catch (error) {
    if (error instanceof NewerReleaseError) throw tooNew(error);
    if (!(error instanceof WireError)) throw error;
    throw new TrustError("what answers at this address does not prove to be a home");
  }
}

function known({ descriptor, lineKey, signed }: VerifiedHome): KnownHome {
  const { homeKey, endpoints, version } = descriptor;
  return { homeId: homeId(homeKey), lineKey, endpoints, version, signed };
}
