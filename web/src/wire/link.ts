/**
 * Read and write the links that people pass on (spec/invitation.md §1 and §2).
 *
 * A link comes out of a chat, so marks that a phone puts around it are dropped; nothing else is
 * repaired, because whoever can change a link could change what it leads to.
 */

import { WireError } from "../errors";
import * as base64url from "./base64url";
import type { Bytes } from "./bytes";
import { bareHost, checkDoorUntrusted, checkHostUntrusted, isLoopback } from "./host";

export const LINK_MOST = 512;
export const HASH_BYTES = 32;

export type Scheme = "https" | "http";

interface Origin {
  readonly scheme: Scheme;
  /** As it stands in an address: IPv6 in brackets. */
  readonly host: string;
  readonly port: number;
}

/** A home on this machine whose door is still to be asked for. */
export interface LocalHome extends Origin {
  readonly kind: "local";
}

/** A home by one of its addresses and by its identity. */
export interface HomeLink extends Origin {
  readonly kind: "home";
  readonly door: string;
  readonly homeId: string;
}

/** An invitation by the hash of its bundle, and a home to fetch it from. */
export interface InvitationLink extends Origin {
  readonly kind: "invitation";
  readonly door: string;
  readonly hash: Bytes;
}

export type Link = LocalHome | HomeLink | InvitationLink;

const LINK =
  /^(https?):\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([1-9][0-9]{0,4}))?(?:\/([A-Za-z0-9_-]*))?(?:#(.*))?$/;
const DEFAULT_PORT = { https: 443, http: 80 } as const;
// Spaces, and the invisible marks that right-to-left chats put around Latin text.
const AROUND = "[ \\t\\r\\n\\u200b\\u200e\\u200f\\u202a\\u202b\\u202c\\u2066-\\u2069\\ufeff]";
const AROUND_START = new RegExp(`^${AROUND}+`);
const AROUND_END = new RegExp(`${AROUND}+$`);

/** Write a link's text: whoever has that of an invitation can accept it. */
export function formatLink(link: Link): string {
  const port = link.port === DEFAULT_PORT[link.scheme] ? "" : `:${link.port}`;
  const origin = `${link.scheme}://${link.host}${port}`;
  switch (link.kind) {
    case "local":
      return origin;
    case "home":
      return `${origin}/${link.door}#h=${link.homeId}`;
    case "invitation":
      return `${origin}/${link.door}#${base64url.encode(link.hash)}`;
  }
}

/** Read a link that a person gave. `WireError` says in words what is wrong with it. */
export function parseLink(given: string): Link {
  const text = given.replace(AROUND_START, "").replace(AROUND_END, "");
  const match = text.length <= LINK_MOST ? LINK.exec(text) : null;
  if (match === null) {
    throw new WireError(
      "this is not a link of hamseda",
      "copy the whole link, from https:// to its last letter",
    );
  }
  const [, schemeText, hostText = "", portText, door, fragment] = match;
  const scheme = schemeText === "https" ? "https" : "http";
  const host = hostText.toLowerCase();
  const port = portText === undefined ? DEFAULT_PORT[scheme] : Number(portText);
  const bare = bareHost(host);
  if (port > 65_535 || (host.startsWith("[") && !bare.includes(":"))) throw changed();
  refuseAsChanged(() => {
    checkHostUntrusted(bare);
  });
  if (scheme === "http" && !isLoopback(bare)) {
    throw new WireError(
      "this link starts with http://, which is for this machine only",
      "ask for a link that starts with https://",
    );
  }
  const origin = { scheme, host, port } as const;
  if ((door === undefined || door === "") && fragment === undefined) {
    if (!isLoopback(bare)) throw changed();
    return { ...origin, kind: "local" };
  }
  return withDoorUntrusted(origin, door ?? "", fragment ?? "");
}

function withDoorUntrusted(origin: Origin, door: string, fragment: string): Link {
  const isHome = fragment.startsWith("h=");
  const text = isHome ? fragment.slice(2) : fragment;
  const hash = refuseAsChanged(() => {
    checkDoorUntrusted(door);
    return base64url.decodeUntrusted(text);
  });
  if (hash.length !== HASH_BYTES) throw changed();
  return isHome
    ? { ...origin, kind: "home", door, homeId: text }
    : { ...origin, kind: "invitation", door, hash };
}

function refuseAsChanged<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) throw changed();
    throw error;
  }
}

function changed(): WireError {
  return new WireError(
    "this link is incomplete or was changed",
    "ask for it again, sent another way",
  );
}
