/** Where the page looks for its home, before and after it has met it. */

import { expect, test } from "vitest";

import { NetworkError } from "../../src/errors";
import { randomBytes } from "../../src/platform/randomness";
import type { Endpoint } from "../../src/wire/descriptor";
import { parseLink } from "../../src/wire/link";
import { Book } from "../../src/worker/book";
import { HomeDirectory } from "../../src/worker/homes";
import { MemoryShelf } from "../../src/worker/memoryShelf";
import { FakeWeb } from "./fakeWeb";

const ADDRESS = "https://home.example/a-secret-door";
const LINK = `https://front.example/another-door#h=${"A".repeat(43)}`;

async function open(address: string): Promise<{ directory: HomeDirectory; web: FakeWeb }> {
  const web = new FakeWeb();
  const book = await Book.open(new MemoryShelf(), {
      rng: randomBytes,
      unix: () => 2_000_000_000,
      changed: () => undefined,
    });
  return { directory: new HomeDirectory(web, book, address), web };
}

// The first accept may fail on a bad network: the next one must find the home all the same.
test("a page keeps its own address when its home could not be reached at first", async () => {
  const { directory, web } = await open(ADDRESS);
  await expect(directory.get()).rejects.toThrow(NetworkError);
  directory.disown();
  expect(directory.hasHome).toBe(true);
  await expect(directory.get()).rejects.toThrow(NetworkError);
  expect(web.asked).toEqual([`${ADDRESS}/home`, `${ADDRESS}/home`]);
});

test("a page from a file forgets the place of a link that led to no home", async () => {
  const { directory, web } = await open("file:///hamseda.html");
  const link = parseLink(LINK);
  if (link.kind !== "home") throw new Error("this is the link of a home");
  directory.adopt(link);
  await expect(directory.get()).rejects.toThrow(NetworkError);
  directory.disown();
  expect(directory.hasHome).toBe(false);
  expect(web.asked).toEqual(["https://front.example/another-door/home"]);
});

const INNER = ["127.1", "localhost.", "0.0.0.0", "2130706433", "192.168.1.1", "169.254.169.254"];
const FAR = ["home.example", "203.0.113.7"];

function ends(hosts: readonly string[]): Endpoint[] {
  const door = "a-secret-door";
  return hosts.map((host) => ({ scheme: "https", host, port: 443, tlsName: "", door, web: true }));
}

// A list would otherwise have each member's browser ask the member's own router and machine.
test("a list leads a page no nearer than where it met its home", async () => {
  const hostsOf = async (address: string): Promise<string[]> => {
    const { directory } = await open(address);
    return directory.usable(ends([...INNER, ...FAR])).map(({ host }) => host);
  };
  expect(await hostsOf(ADDRESS)).toEqual(FAR);
  expect(await hostsOf("https://192.168.1.5/a-secret-door")).toEqual(["192.168.1.1", ...FAR]);
  expect(await hostsOf("http://localhost:8080/a-secret-door")).toEqual([...INNER, ...FAR]);
});

// A town without Internet: its first list may name nothing but addresses of its own.
test("a page from a file takes the farthest ways of its first list", async () => {
  const { directory } = await open("file:///hamseda.html");
  const hosts = (given: string[]): string[] => directory.usable(ends(given)).map(({ host }) => host);
  expect(hosts([...INNER, ...FAR])).toEqual(FAR);
  expect(hosts(["127.1", "192.168.1.1"])).toEqual(["192.168.1.1"]);
});
