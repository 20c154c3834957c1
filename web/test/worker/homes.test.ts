/** Where the page looks for its home, before and after it has met it. */

import { expect, test } from "vitest";

import { NetworkError } from "../../src/errors";
import { randomBytes } from "../../src/platform/randomness";
import { parseLink } from "../../src/wire/link";
import { Book } from "../../src/worker/book";
import { HomeDirectory } from "../../src/worker/homes";
import { MemoryShelf } from "../../src/worker/memoryShelf";
import { FakeWeb } from "./fakeWeb";

const ADDRESS = "https://home.example/a-secret-door";
const LINK = `https://front.example/another-door#h=${"A".repeat(43)}`;

async function open(address: string): Promise<{ directory: HomeDirectory; web: FakeWeb }> {
  const web = new FakeWeb();
  const book = await Book.open(new MemoryShelf(), randomBytes, () => undefined);
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
