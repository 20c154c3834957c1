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
import { NetworkError, TrustError } from "../../src/errors";
import { randomBytes } from "../../src/platform/randomness";
import { type Bytes, hex } from "../../src/wire/bytes";
import { Descriptor, HomeDocument } from "../../src/wire/descriptor";
import { DocumentReply, formatList, type GetDocument } from "../../src/wire/document";
import { Reply } from "../../src/wire/line";
import { Status } from "../../src/wire/status";
import { Book } from "../../src/worker/book";
import { ASK_SECONDS, EndpointLists } from "../../src/worker/endpointLists";
import { HomeDirectory } from "../../src/worker/homes";
import { MemoryShelf } from "../../src/worker/memoryShelf";
import type { ListOutcome, Notice } from "../../src/worker/messages";
import { FakeWeb } from "./fakeWeb";

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
  return { signed, document: HomeDocument.encode({ signed, lineKey, features: [] }) };
}

class World {
  readonly asked: number[] = [];
  readonly told: Notice[] = [];
  readonly web = new FakeWeb();
  hurries = 0;
  now = 0;
  reply: () => Promise<Reply> = () => Promise.reject(new NetworkError("the line broke", "eof_error"));

  private constructor(
    readonly book: Book,
    readonly address: string,
  ) {}

  /** Be a page that knows version 7 of its home. */
  static async open(): Promise<World> {
    const world = await World.fresh("https://home.example/a-secret-door");
    await world.put((await sign({ version: 7, hosts: ["home.example", "old.example"] })).document);
    return world;
  }

  /** Be a page that has met no home. */
  static async fresh(address: string): Promise<World> {
    const book = await Book.open(new MemoryShelf(), {
      rng: randomBytes,
      unix: () => 2_000_000_000,
      changed: () => undefined,
    });
    return new World(book, address);
  }

  readonly lists = (): EndpointLists =>
    new EndpointLists({
      book: this.book,
      clock: { now: () => this.now, unix: () => 1_760_000_000 },
      ask: (request: GetDocument) => {
        this.asked.push(request.version);
        return this.reply();
      },
      directory: new HomeDirectory(this.web, this.book, this.address),
      tell: (notice) => {
        this.told.push(notice);
      },
      hurry: () => {
        this.hurries += 1;
      },
    });

  /** Keep a document, as another part of the page does. */
  put(document: Bytes): Promise<void> {
    return this.book.change((draft) => {
      draft.putHome(document);
    });
  }

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

  /** What became of a text that the person brought. */
  async bring(text: string): Promise<ListOutcome | undefined> {
    await this.lists().takeText(text);
    return this.told.flatMap((notice) => (notice.kind === "listTaken" ? [notice.outcome] : [])).at(-1);
  }

  /** The lists that were told, to be passed on. */
  get shown(): readonly string[] {
    return this.told.flatMap((notice) => (notice.kind === "list" ? [notice.text] : []));
  }

  /** What the page may reach, as it was told last. */
  get reach(): readonly string[] {
    return this.told.flatMap((notice) => (notice.kind === "reach" ? [notice.sources] : [])).at(-1) ?? [];
  }

  take(signed: Bytes): Promise<boolean> {
    return this.book.change((draft) => this.lists().took(draft, signed));
  }

  /** Take a list of Maryam's, who is a contact. */
  async tookFrom(signed: Bytes): Promise<void> {
    if (await this.take(signed)) await this.lists().tookFrom("Maryam");
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
  const pages = world.told.filter(({ kind }) => kind === "homePage");
  expect(pages).toEqual([{ kind: "homePage", build: hex(build) }]);
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

// A chat wraps long lines and quotes them; what is used is told to the policy, and dialled at once.
test("a list that the person brings is used, whatever a chat made of it", async () => {
  const world = await World.open();
  const text = formatList((await sign(NEWER)).signed).replace(/.{60}/g, "> $&\n");
  expect(await world.bring(text)).toBe("taken");
  expect(await world.version()).toBe(8);
  expect(world.reach).toContain("wss://front.example:443");
  expect(world.hurries).toBe(1);
});

test.each([
  ["an old one", "known", async () => formatList((await sign({ version: 7, hosts: ["old.example"] })).signed)],
  ["another home's", "other", async () => formatList((await sign(NEWER, randomBytes(32))).signed)],
  ["a changed one", "altered", async () => formatList((await sign(NEWER)).signed).replace(/.$/, "!")],
  ["half of one", "altered", async () => formatList((await sign(NEWER)).signed).slice(0, 90)],
  ["noise", "altered", () => Promise.resolve("hello")],
] as const)("%s that the person brings changes nothing, and they are told: %s", async (_, outcome, make) => {
  const world = await World.open();
  expect(await world.bring(await make())).toBe(outcome);
  expect(await world.version()).toBe(7);
  expect(world.hurries).toBe(0);
});

// The list names no line key: only the home's document does, and that is checked as always.
test("where the line key is another one, the document is asked for by the list's own ways", async () => {
  const world = await World.open();
  const other = (await keyPair(randomBytes(32))).publicKey;
  const { signed, document } = await sign(NEWER, SEED, other);
  expect(await world.bring(formatList(signed))).toBe("unreached");
  expect(await world.version()).toBe(7);
  expect(world.reach, "for the next try").toContain("wss://front.example:443");
  expect(world.reach, "what was known stays").toContain("wss://old.example:443");
  expect(world.reach, "each is named once").toEqual([...new Set(world.reach)]);
  world.web.documents.set("https://home.example/a-secret-door/home", randomBytes(100));
  world.web.documents.set("https://front.example/a-secret-door/home", document);
  expect(await world.bring(formatList(signed))).toBe("taken");
  const home = await verifyHomeDocumentUntrusted(world.book.pages.home ?? randomBytes(0), null);
  expect(home.lineKey).toEqual(other);
});

// An endpoint may take seconds to answer; what came in by another way meanwhile is newer.
test("a document that is asked for never replaces a newer one that came meanwhile", async () => {
  const world = await World.open();
  const other = (await keyPair(randomBytes(32))).publicKey;
  const { signed, document } = await sign(NEWER, SEED, other);
  const newest = await sign({ version: 9, hosts: ["home.example"] }, SEED, other);
  world.web.documents.set("https://front.example/a-secret-door/home", document);
  world.web.meanwhile = () => world.put(newest.document);
  expect(await world.bring(formatList(signed))).toBe("taken");
  expect(await world.version()).toBe(9);
});

test("who passes the list on gives the newest there is", async () => {
  const world = await World.open();
  const newer = formatList((await sign(NEWER)).signed);
  await world.bring(newer);
  expect(world.shown).toEqual([newer]);
});

// The screen that shows the list may stay open for hours.
test.each([
  ["from a contact", (world: World, { signed }: Signed) => world.tookFrom(signed)],
  ["over the line", async (world: World, { document }: Signed) => {
    world.answer(document);
    await world.lists().lineOpened();
  }],
] as const)("a list that came %s is the one that is passed on from then", async (_, come) => {
  const world = await World.open();
  const newer = await sign(NEWER);
  await come(world, newer);
  expect(world.shown).toEqual([formatList(newer.signed)]);
});

test("a line on which nothing newer came shows nothing", async () => {
  const world = await World.open();
  world.answer(new Uint8Array(0));
  await world.lists().lineOpened();
  expect(world.shown).toEqual([]);
});

// Who has only the file and a text learns by them where the home is; its signature names it.
test("a page from a file meets its home by the first list", async () => {
  const world = await World.fresh("file:///hamseda.html");
  const { signed, document } = await sign(NEWER);
  expect(await world.bring(formatList(signed))).toBe("unreached");
  world.web.documents.set("https://front.example/a-secret-door/home", (await sign(NEWER, randomBytes(32))).document);
  expect(await world.bring(formatList(signed)), "somebody answers in the home's place").toBe("unreached");
  world.web.documents.set("https://front.example/a-secret-door/home", document);
  expect(await world.bring(formatList(signed))).toBe("taken");
  expect(await world.version()).toBe(8);
  expect(await world.bring(formatList((await sign(NEWER, randomBytes(32))).signed))).toBe("other");
});

// The person opens somebody's invitation while a list is asked about: the page belongs to one home.
test("a page from a file that met another home meanwhile stays with it", async () => {
  const world = await World.fresh("file:///hamseda.html");
  const stranger = await sign({ version: 9, hosts: ["front.example"] }, randomBytes(32));
  const met = await sign({ version: 7, hosts: ["home.example"] });
  world.web.documents.set("https://front.example/a-secret-door/home", stranger.document);
  world.web.meanwhile = () => world.put(met.document);
  expect(await world.bring(formatList(stranger.signed))).toBe("other");
  expect(world.book.pages.home).toEqual(met.document);
});

// Its own address names the home: a stranger's list must not do so on a first visit without network.
test("a page that came from a home does not take another one's list for the first", async () => {
  const world = await World.fresh("https://home.example/a-secret-door");
  const stranger = await sign(NEWER, randomBytes(32));
  world.web.documents.set("https://front.example/a-secret-door/home", stranger.document);
  expect(await world.bring(formatList(stranger.signed))).toBe("unreached");
  world.web.documents.set("https://home.example/a-secret-door/home", (await sign(NEWER)).document);
  expect(await world.bring(formatList(stranger.signed))).toBe("other");
});

// Who has a line key that the home gave up could stand in its place for who meets it first.
test("an older description of the home than the inviter's is not believed", async () => {
  const world = await World.fresh("https://home.example/a-secret-door");
  const directory = new HomeDirectory(world.web, world.book, world.address);
  const place = "https://home.example/a-secret-door/home";
  world.web.documents.set(place, (await sign({ version: 7, hosts: ["home.example"] })).document);
  await expect(directory.atLeast(8)).rejects.toThrow(TrustError);
  expect((await directory.atLeast(7)).version).toBe(7);
  world.web.documents.set(place, (await sign(NEWER)).document);
  expect((await directory.atLeast(8)).version).toBe(8);
});
