/** Read the page's own address, and judge the links that people open or paste. */

import { WireError } from "../errors";
import { bareHost, isLoopback } from "../wire/host";
import { formatLink, parseLink } from "../wire/link";

const ALONE = "alone";
const ALONE_KEY = "hamseda.alone";
const STORE = "hamseda";

/**
 * Where this page lives: `https://host[:port]/<door>`, without fragment, query or last slash; or the
 * file that it came from.
 */
export function pageAddress(place: Pick<Location, "origin" | "pathname" | "protocol">): string {
  if (isFile(place.protocol)) return `file://${place.pathname}`;
  const path = place.pathname.replace(/\/(index\.html)?$/, "");
  return place.origin + path;
}

/** What stands behind the `#` of this page's address. */
export type Opened =
  | { readonly kind: "nothing" }
  /** A home link, with the identity that the home must have. */
  | { readonly kind: "home"; readonly homeId: string; readonly link: string }
  | { readonly kind: "invitation"; readonly link: string }
  /** A link of either kind that was cut or changed. */
  | { readonly kind: "altered"; readonly link: string };

/** Read the fragment that this page was opened with. */
export function readFragment(address: string, fragment: string): Opened {
  if (fragment === "") return { kind: "nothing" };
  // A file is no home: what stands behind its # is a whole link.
  const text = isFile(address) ? decoded(fragment) : `${address}#${fragment}`;
  try {
    const link = parseLink(text);
    if (link.kind === "home") return { kind: "home", homeId: link.homeId, link: text };
    return link.kind === "invitation"
      ? { kind: "invitation", link: text }
      : { kind: "altered", link: text };
  } catch (error) {
    if (error instanceof WireError) return { kind: "altered", link: text };
    throw error;
  }
}

export type Pasted =
  | { readonly kind: "ours"; readonly link: string }
  /** The link of a home, which a page from a file can take as its own. */
  | { readonly kind: "home"; readonly link: string }
  /** An invitation of another home, whose own page must open it. */
  | { readonly kind: "other"; readonly link: string; readonly host: string }
  | { readonly kind: "altered" };

/** Judge a pasted link: whose it is, or that it is none. */
export function judgeLink(address: string, text: string): Pasted {
  try {
    const link = parseLink(text);
    if (isFile(address) && link.kind === "home") return { kind: "home", link: formatLink(link) };
    if (link.kind !== "invitation") return { kind: "altered" };
    const whole = new URL(formatLink(link));
    if (isFile(address)) return { kind: "ours", link: whole.href };
    return pageAddress(whole) === address
      ? { kind: "ours", link: address + whole.hash }
      : { kind: "other", link: whole.href, host: whole.host };
  } catch (error) {
    if (error instanceof WireError) return { kind: "altered" };
    throw error;
  }
}

/** Tell whether this is the machine itself, where "Try it alone" makes sense. */
export function isLocal(host: string): boolean {
  return isLoopback(bareHost(host));
}

/**
 * Name the store of this window: each home behind its door has one of its own, because a browser
 * keeps stores apart by origin only; "Try it alone" gives a second person another.
 */
export function storeName(address: string, search: string, memory: Storage): string {
  // Wherever the file lies: all of them share one storage.
  if (isFile(address)) return `${STORE}-file`;
  const { hostname, pathname } = new URL(address);
  const asked = new URLSearchParams(search).get(ALONE);
  if (asked !== null && /^[0-9]$/.test(asked) && isLocal(hostname)) {
    memory.setItem(ALONE_KEY, asked);
  }
  const alone = memory.getItem(ALONE_KEY);
  return `${STORE}${alone === null ? "" : `-${ALONE}-${alone}`}${pathname}`;
}

/** Give the address of a second person on this machine. */
export function aloneAddress(address: string): string {
  return `${address}?${ALONE}=2`;
}

/** Tell whether an address, or its protocol, is that of a file on this device. */
export function isFile(address: string): boolean {
  return address.startsWith("file:");
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
