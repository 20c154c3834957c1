/**
 * Know the page's own home, check that it stays the same, and remember it.
 *
 * The page came from this home's address. On the first visit a home link's `#h=` is all there is to
 * hold its identity against; from then on another identity under this address is refused.
 */

import {
  type VerifiedHome,
  homeId,
  verifyHomeDocumentUntrusted,
} from "../crypto/homeIdentity";
import { NetworkError, TrustError, WireError } from "../errors";
import type { Web } from "../platform/websocket";
import type { Bytes } from "../wire/bytes";
import type { Endpoint } from "../wire/descriptor";
import { type InvitationLink, formatLink } from "../wire/link";
import type { Item } from "../platform/store";
import type { Book } from "./book";
import type { HomeTrouble } from "./messages";

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
  /** The page's own address, without a slash at its end. */
  readonly address: URL;

  constructor(web: Web, book: Book, address: string) {
    this.#web = web;
    this.#book = book;
    this.address = new URL(address.replace(/\/+$/, ""));
  }

  /** Where the line may be opened: at the page's own address, which is all that a page may reach. */
  get lineUrl(): string {
    return `${this.#base.replace(/^http/, "ws")}/line`;
  }

  get door(): string {
    return this.address.pathname.replace(/^\//, "");
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
    const stored = this.#book.pages.home;
    return stored === null ? this.refresh() : known(await verifyHomeDocumentUntrusted(stored, null));
  }

  /** Ask the home for its newest document; `TrustError` when another home answers. */
  async refresh(): Promise<KnownHome> {
    const { status, body } = await this.#web.get(`${this.#base}/home`);
    if (status !== 200) {
      throw new NetworkError("there is no home at this address any more", "http_not_a_home");
    }
    return this.#book.change(async (draft) => {
      const stored = draft.home;
      const old = stored === null ? null : known(await verifyHomeDocumentUntrusted(stored, null));
      const fresh = await verified(body);
      this.#requireIdentity(known(fresh).homeId, old);
      if (old !== null && old.version > fresh.descriptor.version) return old;
      draft.putHome(body);
      return known(fresh);
    });
  }

  #requireIdentity(found: string, old: KnownHome | null): void {
    if (found === (old?.homeId ?? this.#linkId ?? found)) return;
    this.#trouble = old === null ? "link" : "changed";
    throw new TrustError("another home answers at this address than the one that was expected");
  }

  /** Fetch what an invitation of this home leads to: its HTTP status and the sealed bundle. */
  bundle(id: string): Promise<{ readonly status: number; readonly body: Bytes }> {
    return this.#web.get(`${this.#base}/i/${id}`);
  }

  /** Write the link of an invitation: at this page's address when the home names it as its own. */
  invitationLink(home: KnownHome, hash: Bytes): string {
    const { host, port, protocol } = this.address;
    const isHere = home.endpoints.some(
      (end) => end.door === this.door && `${end.scheme}:` === protocol && origin(end) === host,
    );
    const end = home.endpoints.find(({ web }) => web);
    const here: InvitationLink = {
      kind: "invitation",
      scheme: protocol === "https:" ? "https" : "http",
      host: this.address.hostname,
      port: port === "" ? defaultPort(protocol) : Number(port),
      door: this.door,
      hash,
    };
    if (isHere || end === undefined) return formatLink(here);
    return formatLink({ ...here, scheme: end.scheme, host: bracketed(end), port: end.port, door: end.door });
  }

  get #base(): string {
    return `${this.address.origin}/${this.door}`;
  }
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
    if (!(error instanceof WireError)) throw error;
    throw new TrustError("what answers at this address does not prove to be a home");
  }
}

function known({ descriptor, lineKey, signed }: VerifiedHome): KnownHome {
  const { homeKey, endpoints, version } = descriptor;
  return { homeId: homeId(homeKey), lineKey, endpoints, version, signed };
}

function origin(end: Endpoint): string {
  const isDefault = end.port === defaultPort(`${end.scheme}:`);
  return isDefault ? bracketed(end) : `${bracketed(end)}:${end.port}`;
}

function bracketed({ host }: Endpoint): string {
  return host.includes(":") ? `[${host}]` : host;
}

function defaultPort(protocol: string): number {
  return protocol === "https:" ? 443 : 80;
}
