/** Read the page's own address, and judge the links that people open or paste. */

import { WireError } from "../errors";
import { isLoopback } from "../wire/host";
import { formatLink, parseLink } from "../wire/link";

const HOME_FRAGMENT = "h=";
const ALONE = "alone";
const STORE_KEY = "hamseda.store";
const STORE = "hamseda";

/** Where this page lives: `https://host[:port]/<door>`, without fragment, query or last slash. */
export function pageAddress(place: Pick<Location, "origin" | "pathname">): string {
  const path = place.pathname.replace(/\/(index\.html)?$/, "");
  return place.origin + path;
}

/** Give the link that a fragment of this page's address says, whole or cut; null for none. */
export function invitationLink(address: string, fragment: string): string | null {
  return fragment === "" || fragment.startsWith(HOME_FRAGMENT) ? null : `${address}#${fragment}`;
}

export type Pasted =
  | { readonly kind: "ours"; readonly link: string }
  /** An invitation of another home, whose own page must open it. */
  | { readonly kind: "other"; readonly link: string; readonly host: string }
  | { readonly kind: "altered" };

/** Judge a pasted link: whose it is, or that it is none. */
export function judgeLink(address: string, text: string): Pasted {
  try {
    const link = parseLink(text);
    if (link.kind !== "invitation") return { kind: "altered" };
    const whole = new URL(formatLink(link));
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
  return isLoopback(host.replace(/^\[|\]$/g, ""));
}

/** Name the store of this window: "Try it alone" gives a second person one of his own. */
export function storeName(search: string, host: string, memory: Storage): string {
  const asked = new URLSearchParams(search).get(ALONE);
  if (asked !== null && /^[0-9]$/.test(asked) && isLocal(host)) {
    memory.setItem(STORE_KEY, `${STORE}-${ALONE}-${asked}`);
  }
  return memory.getItem(STORE_KEY) ?? STORE;
}

/** Give the address of a second person on this machine. */
export function aloneAddress(address: string): string {
  return `${address}?${ALONE}=2`;
}
