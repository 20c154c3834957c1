/** Addresses: what is an invitation, whose it is, and who lives in this window. */

import { expect, test } from "vitest";
import {
  aloneAddress,
  isLocal,
  judgeLink,
  pageAddress,
  readFragment,
  storeName,
} from "../../src/ui/address";

const HASH = "mJp6Z2xWbV0rYt4uQ9sK1aEoHcNfD7gL3iXyR5wPzBk";
const HOME = "https://home.example/3vXq0c8TzL2m";
const INVITATION = `${HOME}#${HASH}`;

/** A session's storage in memory. */
class Memory implements Storage {
  readonly #items = new Map<string, string>();
  [name: string]: unknown;

  get length(): number {
    return this.#items.size;
  }

  clear(): void {
    this.#items.clear();
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  key(): string | null {
    return null;
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }

  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
}

test.each(["/3vXq0c8TzL2m", "/3vXq0c8TzL2m/", "/3vXq0c8TzL2m/index.html"])(
  "the page at %s has one address",
  (pathname) => {
    // The address names the home to the Worker: two spellings would be two homes.
    const place = { protocol: "https:", origin: "https://home.example", pathname };
    expect(pageAddress(place)).toBe(HOME);
  },
);

test("what stands behind the hash is an invitation, the home's identity, or was cut", () => {
  // Who taps a link that a messenger cut must not stand before an empty page without a word.
  expect(readFragment(HOME, HASH)).toEqual({ kind: "invitation", link: `${HOME}#${HASH}` });
  expect(readFragment(HOME, `h=${HASH}`)).toEqual({
    kind: "home",
    homeId: HASH,
    link: `${HOME}#h=${HASH}`,
  });
  expect(readFragment(HOME, "")).toEqual({ kind: "nothing" });
  for (const cut of [HASH.slice(1), `h=${HASH.slice(1)}`, "h=", "top"]) {
    expect(readFragment(HOME, cut)).toEqual({ kind: "altered", link: `${HOME}#${cut}` });
  }
});

test("a pasted link is ours, another home's, or altered", () => {
  // Another home's invitation is only readable by the page of that home.
  expect(judgeLink(HOME, ` ${HOME}#${HASH}\n`)).toEqual({ kind: "ours", link: `${HOME}#${HASH}` });
  const other = `https://other.example:8443/3vXq0c8TzL2m#${HASH}`;
  expect(judgeLink(HOME, other)).toEqual({ kind: "other", link: other, host: "other.example:8443" });
  expect(judgeLink(HOME, `${HOME}#${HASH.slice(1)}`)).toEqual({ kind: "altered" });
  expect(judgeLink(HOME, `javascript:alert(1)#${HASH}`)).toEqual({ kind: "altered" });
  expect(judgeLink(HOME, "hello")).toEqual({ kind: "altered" });
});

test("marks that chats put around a link do no harm", () => {
  // Right-to-left chats wrap Latin text in invisible marks.
  const link = `${HOME}#${HASH}`;
  expect(judgeLink(HOME, `\u2066${link}\u2069`)).toEqual({ kind: "ours", link });
});

test("a second person lives only on this machine, and survives a reload", () => {
  // "Try it alone" must not touch the first person's keys.
  const memory = new Memory();
  const here = "http://localhost:8000/door";
  expect(storeName(here, "", memory)).toBe("hamseda/door");
  expect(storeName(here, "?alone=2", memory)).toBe("hamseda-alone-2/door");
  expect(storeName(here, "", memory)).toBe("hamseda-alone-2/door");
  expect(storeName(HOME, "?alone=2", new Memory())).toBe("hamseda/3vXq0c8TzL2m");
  expect(aloneAddress("http://localhost:8000/door")).toBe("http://localhost:8000/door?alone=2");
});

test.each([
  ["localhost", true],
  ["127.0.0.1", true],
  ["[::1]", true],
  ["home.example", false],
  ["127.example", false],
])("%s is this machine: %s", (host, local) => {
  expect(isLocal(host)).toBe(local);
});

test("a page from a file takes whole links, of a home or of an invitation", () => {
  // It belongs to no home until a link says where one is.
  const address = pageAddress({ protocol: "file:", origin: "null", pathname: "/a/hamseda.html" });
  expect(address).toBe("file:///a/hamseda.html");
  expect(readFragment(address, encodeURIComponent(INVITATION))).toEqual({
    kind: "invitation",
    link: INVITATION,
  });
  expect(judgeLink(address, INVITATION)).toEqual({ kind: "ours", link: INVITATION });
  const home = `${HOME}#h=${INVITATION.slice(-43)}`;
  expect(judgeLink(address, home)).toEqual({ kind: "home", link: home });
  expect(judgeLink(HOME, home)).toEqual({ kind: "altered" });
  expect(storeName(address, "", new Memory())).toBe("hamseda-file");
});
