/** Newer ways to the home, over its line and from a contact: only newer, only the home's own. */

import { expect, test } from "vitest";

import {
  homeId,
  lineKeyHash,
  signDescriptor,
  verifyHomeDocumentUntrusted,
} from "../../src/crypto/homeIdentity";
import { keyPair } from "../../src/crypto/kem";
import { SigningKey } from "../../src/crypto/signatures";
import { NetworkError } from "../../src/errors";
import { randomBytes } from "../../src/platform/randomness";
import type { Bytes } from "../../src/wire/bytes";
import { Descriptor, HomeDocument } from "../../src/wire/descriptor";
import { DocumentReply, type GetDocument } from "../../src/wire/document";
import { Reply } from "../../src/wire/line";
import { Status } from "../../src/wire/status";
import { Book, type Shelf } from "../../src/worker/book";
import { ASK_SECONDS, EndpointLists } from "../../src/worker/endpointLists";

interface Signed {
  readonly signed: Bytes;
  readonly document: Bytes;
}

const SEED = randomBytes(32);
const LINE = (await keyPair(randomBytes(32))).publicKey;
const NEWER = { version: 8, hosts: ["home.example", "front.example"] } as const;

/** Let a home sign a list. */
async function sign(
  { version, hosts }: { readonly version: number; readonly hosts: readonly string[] },
  seed = SEED,
  lineKey = LINE,
): Promise<Signed> {
  const key = await SigningKey.fromSeed(seed);
  const ends = hosts.map(
    (host) => ({ scheme: "https", host, port: 443, tlsName: "", door: "a-secret-door", web: true }) as const,
  );
  const descriptor = Descriptor.encode({
    homeKey: key.publicKey,
    lineKeyHash: lineKeyHash(lineKey),
    endpoints: ends,
    version,
    expiry: 2_000_000_000,
  });
  const signed = await signDescriptor(key, descriptor);
  return { signed, document: HomeDocument.encode({ signed, lineKey }) };
}

class World {
  readonly asked: number[] = [];
  readonly told: Bytes[] = [];
  now = 0;
  reply: () => Promise<Reply> = () => Promise.reject(new NetworkError("the line broke", "eof_error"));

  private constructor(readonly book: Book) {}

  /** Be a page that knows version 7 of its home. */
  static async open(): Promise<World> {
    const shelf: Shelf = {
      items: () => Promise.resolve([]),
      commit: () => Promise.resolve(),
      isLocked: false,
      relock: () => Promise.resolve(),
    };
    const book = await Book.open(shelf, randomBytes, () => undefined);
    const { document } = await sign({ version: 7, hosts: ["home.example"] });
    await book.change((draft) => {
      draft.putHome(document);
    });
    return new World(book);
  }

  readonly lists = (): EndpointLists =>
    new EndpointLists({
      book: this.book,
      clock: { now: () => this.now, unix: () => 1_760_000_000 },
      ask: (request: GetDocument) => {
        this.asked.push(request.version);
        return this.reply();
      },
      pageTold: (build) => {
        this.told.push(build);
      },
    });

  answer(document: Bytes, page: Bytes | null = null): void {
    const certificates = new Uint8Array(0);
    const data = DocumentReply.encode({ document, door: "", certificates, page });
    this.reply = () => Promise.resolve(Reply.of({ q: 1, status: Status.OK, data }));
  }

  async version(): Promise<number> {
    const { home } = this.book.pages;
    if (home === null) throw new Error("the home is gone");
    return (await verifyHomeDocumentUntrusted(home, null)).descriptor.version;
  }

  take(signed: Bytes): Promise<void> {
    return this.book.change((draft) => this.lists().took(draft, signed));
  }
}

test("a newer document that came over the line is kept", async () => {
  const world = await World.open();
  world.answer((await sign(NEWER)).document);
  await world.lists().lineOpened();
  expect(world.asked).toEqual([7]);
  expect(await world.version()).toBe(8);
});

// A page that was kept on the device must learn that its home has another one by now.
test("the page that the home serves is told, where it serves one", async () => {
  const world = await World.open();
  const build = randomBytes(32);
  world.answer((await sign(NEWER)).document, build);
  await world.lists().lineOpened();
  world.answer((await sign(NEWER)).document);
  await world.lists().lineOpened();
  expect(world.told).toEqual([build]);
});

// On a bad network lines open all the time.
test("the home is asked once an hour", async () => {
  const world = await World.open();
  const lists = world.lists();
  await lists.lineOpened();
  await lists.lineOpened();
  world.now = ASK_SECONDS;
  await lists.lineOpened();
  expect(world.asked).toEqual([7, 7]);
});

test.each([
  ["an old one", async () => sign({ version: 6, hosts: ["old.example"] })],
  ["another home's", async () => sign(NEWER, randomBytes(32))],
  ["noise", () => Promise.resolve({ signed: randomBytes(200), document: randomBytes(1500) })],
])("%s changes nothing, by whatever way", async (_, make) => {
  const { signed, document } = await make();
  const world = await World.open();
  world.answer(document);
  await world.lists().lineOpened();
  await world.take(signed);
  expect(await world.version()).toBe(7);
});

test("a list that a contact passed on is kept, with the key that is known", async () => {
  const world = await World.open();
  await world.take((await sign(NEWER)).signed);
  expect(await world.version()).toBe(8);
  const home = await verifyHomeDocumentUntrusted(world.book.pages.home ?? randomBytes(0), null);
  expect(home.lineKey).toEqual(LINE);
  expect(homeId(home.descriptor.homeKey)).toHaveLength(43);
});

// A document whose key does not fit would lock the page out of its home.
test("a list with another line key waits for the document", async () => {
  const world = await World.open();
  const other = (await keyPair(randomBytes(32))).publicKey;
  await world.take((await sign(NEWER, SEED, other)).signed);
  expect(await world.version()).toBe(7);
});
