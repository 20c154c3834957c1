/**
 * Keep what this person knows of people, in memory and in the store.
 *
 * `change` is the one way to change anything. It runs one step at a time on a draft; what the step
 * did is committed durably, all of it or nothing, before anybody else sees it. So a ratchet state
 * and the envelope that it made, or the hash of the one that it opened, stand or fall together
 * (spec/ratchet.md §3).
 */

import { type Rng, sha256 } from "../crypto/keySchedule";
import { UsageError } from "../errors";
import type { Change, Item } from "../platform/store";
import {
  type Contact,
  OF_CALLS,
  type Standing,
  decodeContact,
  destination,
  encodeContact,
  sealBody,
} from "../protocol/contact";
import {
  type Invitation,
  bundleId,
  decodeInvitation,
  encodeInvitation,
} from "../protocol/invitation";
import { type Bytes, concat, equal, hex, unhex, utf8 } from "../wire/bytes";
import type { BodyKind } from "../wire/codes";
import type { MailboxAddress } from "../wire/mailbox";
import { Mutex } from "./async";
import { LogRecord, OpenCall, type OutboxItem, OutboxRecord } from "./records";
import {
  DAY,
  type SeenDigests,
  decodeSeen,
  encodeSeen,
  placeOf,
  seenDigests,
  seenId,
  wasSeen,
  withSeen,
} from "./seen";

/** Past calls that are remembered. */
export const LOG_MOST = 500;
const COUNTER_BYTES = 8;
const WRITER_BYTES = 8;
const HOME: Bytes = Uint8Array.of(0);

/** Where a book is kept. */
export interface Shelf {
  items(): Promise<Item[]>;
  commit(changes: readonly Change[]): Promise<void>;
  /** A passphrase locks it. */
  readonly isLocked: boolean;
  /** Lock it with a passphrase, or (null) no more. */
  relock(passphrase: string | null): Promise<void>;
}

/** Everything that is known at one moment; maps are by hexadecimal id. */
export class Pages {
  readonly contacts: Map<string, Contact>;
  readonly invitations: Map<string, Invitation>;
  readonly outbox: Map<string, OutboxItem>;
  /** What came into each mailbox: hashes of envelopes, and of calls. */
  seen: SeenDigests;
  readonly calls: Map<string, OpenCall>;
  readonly log: Map<string, LogRecord>;
  /** The home's signed document, once it was met. */
  home: Bytes | null;
  /** The endpoint that brought a line last, as an address. */
  way: string | null;
  protected counter: number;

  constructor(from: Pages | null = null) {
    this.contacts = new Map(from?.contacts);
    this.invitations = new Map(from?.invitations);
    this.outbox = new Map(from?.outbox);
    this.seen = from?.seen ?? new Map();
    this.calls = new Map(from?.calls);
    this.log = new Map(from?.log);
    this.home = from?.home ?? null;
    this.way = from?.way ?? null;
    this.counter = from?.counter ?? 0;
  }

  /** Read what a store holds; damaged items throw `WireError`. */
  static read(items: readonly Item[], now: number): Pages {
    const pages = new Pages();
    for (const item of items) pages.#read(item, now);
    const today = Math.floor(now / DAY);
    const seen = items.filter(({ kind }) => kind === "seen");
    const read = seen.map(({ id, value }) => decodeSeen(hex(id), value, today));
    pages.seen = seenDigests(read);
    const places = read.map(({ id }) => placeOf(id));
    const numbers = [...pages.outbox.keys(), ...places, ...pages.log.keys()];
    pages.counter = numbers.reduce((most, id) => Math.max(most, Number.parseInt(id, 16)), 0);
    return pages;
  }

  #read({ kind, id, value }: Item, now: number): void {
    const name = hex(id);
    if (kind === "home") this.home = value;
    if (kind === "way") this.way = new TextDecoder().decode(value);
    if (kind === "contact") this.contacts.set(name, decodeContact(value));
    if (kind === "invitation") this.invitations.set(name, decodeInvitation(value));
    if (kind === "outbox") {
      this.outbox.set(name, numbered({ id: name, ...OutboxRecord.parseUntrusted(value) }, now));
    }
    if (kind === "call") this.calls.set(name, OpenCall.parseUntrusted(value));
    if (kind === "log") this.log.set(name, LogRecord.parseUntrusted(value));
  }

  contact(id: Bytes): Contact | null {
    return this.contacts.get(hex(id)) ?? null;
  }

  /** Tell whose mailbox this is. */
  owner(mailbox: Bytes): { contact: Contact } | { invitation: Invitation } | null {
    const name = hex(mailbox);
    for (const contact of this.contacts.values()) {
      if (hex(contact.address.mailbox) === name) return { contact };
    }
    for (const invitation of this.invitations.values()) {
      if (hex(invitation.address.mailbox) === name) return { invitation };
    }
    return null;
  }

  /** Tell whether this envelope (or call) was committed before as come into a mailbox. */
  isSeen(mailbox: Bytes, digest: Bytes): boolean {
    return wasSeen(this.seen, mailbox, digest);
  }

  /** List what waits for the home: a call's envelopes first, then oldest first. */
  waiting(): readonly OutboxItem[] {
    const rank = ({ isOfCall, id }: OutboxItem): string => `${isOfCall ? 0 : 1}${id}`;
    return [...this.outbox.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  }

  /** List the contacts of a name, but for one. */
  othersNamed(contact: Contact, standing?: Standing): Contact[] {
    return [...this.contacts.values()].filter(
      (other) =>
        other.name === contact.name &&
        hex(other.id) !== hex(contact.id) &&
        (standing === undefined || other.standing === standing),
    );
  }
}

/** Pages that one step is changing. */
export class Draft extends Pages {
  readonly changes: Change[] = [];
  readonly #rng: Rng;
  readonly #now: number;

  /** `now` is in Unix seconds. */
  constructor(from: Pages, rng: Rng, now: number) {
    super(from);
    this.#rng = rng;
    this.#now = now;
  }

  putContact(contact: Contact): void {
    this.contacts.set(hex(contact.id), contact);
    this.changes.push({ kind: "contact", id: contact.id, value: encodeContact(contact) });
  }

  /** Put a contact in the place of those of its name, and give it and them. */
  replaceNamesakes(contact: Contact): {
    readonly contact: Contact;
    readonly replaced: readonly Contact[];
  } {
    const replaced = this.othersNamed(contact);
    for (const other of replaced) this.deleteContact(other);
    const changed = replaced.some((other) => other.verified || other.changed);
    const placed = { ...contact, changed };
    this.putContact(placed);
    return { contact: placed, replaced };
  }

  /** Forget a contact and what waits for it. */
  deleteContact(contact: Contact): void {
    const name = hex(contact.id);
    this.contacts.delete(name);
    this.changes.push({ kind: "contact", id: contact.id, value: null });
    for (const item of this.outbox.values()) {
      if (hex(item.contact) === name) this.sent(item);
    }
    const box = hex(contact.address.mailbox);
    for (const { id } of this.seen.get(box)?.values() ?? []) this.#delete("seen", id);
    this.seen = new Map([...this.seen].filter(([mailbox]) => mailbox !== box));
  }

  putInvitation(invitation: Invitation): void {
    const id = bundleId(invitation);
    this.invitations.set(hex(id), invitation);
    this.changes.push({ kind: "invitation", id, value: encodeInvitation(invitation) });
  }

  /** Forget an invitation, and with it the key that could open an accept. */
  deleteInvitation(invitation: Invitation): void {
    const id = bundleId(invitation);
    this.invitations.delete(hex(id));
    this.changes.push({ kind: "invitation", id, value: null });
  }

  /** Seal a body for a contact, as of its newest record, and keep it as unsent. */
  async seal(id: Bytes, kind: BodyKind, body: Bytes): Promise<OutboxItem> {
    const contact = this.contact(id);
    if (contact === null) throw new UsageError("this contact was deleted");
    const sealed = await sealBody(contact, kind, body, this.#rng);
    return this.send(sealed.contact, sealed.envelope, OF_CALLS.has(kind));
  }

  /** Keep an envelope for a contact as unsent, under the next put number of its mailbox. */
  send(contact: Contact, envelope: Bytes, isOfCall = false): OutboxItem {
    const writer = contact.writer.length > 0 ? contact.writer : this.#rng(WRITER_BYTES);
    const putNumber = contact.putNumber + 1;
    this.putContact({ ...contact, writer, putNumber });
    const to = destination(contact);
    return this.#send({ contact: contact.id, to, putId: putId(writer, putNumber), envelope, isOfCall });
  }

  /** Keep an envelope for a mailbox that no other of this side follows into. */
  sendOnce(contact: Bytes, to: MailboxAddress, envelope: Bytes): OutboxItem {
    const first = putId(this.#rng(WRITER_BYTES), 1);
    return this.#send({ contact, to, putId: first, envelope, isOfCall: false });
  }

  #send(record: Omit<OutboxRecord, "made">): OutboxItem {
    const item = { id: this.#nextId(), ...record, made: this.#now };
    this.#putItem(item);
    return item;
  }

  #putItem(item: OutboxItem): void {
    this.outbox.set(item.id, item);
    this.changes.push({ kind: "outbox", id: unhex(item.id), value: OutboxRecord.encode(item) });
  }

  /**
   * Give all that waits for an item's mailbox the numbers of a new writer.
   *
   * The home knows numbers that this copy never sent: it was restored from an older one
   * (spec/mailbox.md §1).
   */
  renumber({ to, contact: id }: OutboxItem): void {
    const writer = this.#rng(WRITER_BYTES);
    const oldestFirst = [...this.outbox.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const waiting = oldestFirst.filter((item) => equal(item.to.mailbox, to.mailbox));
    waiting.forEach((item, at) => {
      this.#putItem({ ...item, putId: putId(writer, at + 1) });
    });
    const contact = this.contact(id);
    if (contact === null || contact.peerAddress.length === 0) return;
    this.putContact({ ...contact, writer, putNumber: waiting.length });
  }

  /** Forget an envelope that the home has taken, or will never take. */
  sent({ id }: OutboxItem): void {
    if (this.outbox.delete(id)) this.#delete("outbox", id);
  }

  /** Remember the hash of what came into a mailbox; the oldest of the same make room. */
  see(mailbox: Bytes, digest: Bytes): void {
    const day = Math.floor(this.#now / DAY);
    const added = { id: seenId(mailbox, this.#nextId()), day, digest: hex(digest) };
    const { seen, gone } = withSeen(this.seen, added);
    this.seen = seen;
    this.changes.push({ kind: "seen", id: unhex(added.id), value: encodeSeen(added) });
    for (const { id } of gone) this.#delete("seen", id);
  }

  openCall(callId: Bytes, call: OpenCall): void {
    this.calls.set(hex(callId), call);
    this.changes.push({ kind: "call", id: callId, value: OpenCall.encode(call) });
  }

  callOver(callId: Bytes): void {
    if (this.calls.delete(hex(callId))) this.#delete("call", hex(callId));
  }

  addLog(record: LogRecord): void {
    const id = this.#nextId();
    this.putLog(id, record);
    const oldest = [...this.log.keys()].sort();
    for (const old of oldest.slice(0, Math.max(0, oldest.length - LOG_MOST))) this.deleteLog(old);
  }

  putLog(id: string, record: LogRecord): void {
    this.log.set(id, record);
    this.changes.push({ kind: "log", id: unhex(id), value: LogRecord.encode(record) });
  }

  deleteLog(id: string): void {
    if (this.log.delete(id)) this.#delete("log", id);
  }

  putHome(document: Bytes): void {
    this.home = document;
    this.changes.push({ kind: "home", id: HOME, value: document });
  }

  /** Remember which endpoint to begin with next time. */
  putWay(way: string): void {
    this.way = way;
    this.changes.push({ kind: "way", id: HOME, value: utf8(way) });
  }

  #delete(kind: Change["kind"], id: string): void {
    this.changes.push({ kind, id: unhex(id), value: null });
  }

  #nextId(): string {
    this.counter += 1;
    return this.counter.toString(16).padStart(2 * COUNTER_BYTES, "0");
  }
}

/** What a book needs of the world. */
export interface BookMeans {
  readonly rng: Rng;
  /** Give the time in Unix seconds. */
  readonly unix: () => number;
  /** Called after each commit. */
  readonly changed: () => void;
}

export class Book {
  readonly #shelf: Shelf;
  readonly #rng: Rng;
  readonly #unix: () => number;
  readonly #changed: () => void;
  readonly #mutex = new Mutex();
  #pages: Pages;

  private constructor(shelf: Shelf, pages: Pages, means: BookMeans) {
    this.#shelf = shelf;
    this.#pages = pages;
    this.#rng = means.rng;
    this.#unix = means.unix;
    this.#changed = means.changed;
  }

  /** Read a book. What an earlier release wrote in another form is written anew. */
  static async open(shelf: Shelf, means: BookMeans): Promise<Book> {
    const items = await shelf.items();
    const pages = Pages.read(items, means.unix());
    const old = items.filter(({ kind, id }) => kind === "seen" && id.length === COUNTER_BYTES);
    if (old.length > 0) {
      const all = [...pages.seen.values()].flatMap((box) => [...box.values()]);
      await shelf.commit([
        ...old.map(({ id }): Change => ({ kind: "seen", id, value: null })),
        ...all.map((seen): Change => ({ kind: "seen", id: unhex(seen.id), value: encodeSeen(seen) })),
      ]);
    }
    return new Book(shelf, pages, means);
  }

  /** What is known and committed. */
  get pages(): Pages {
    return this.#pages;
  }

  /** Tell whether anything here needs a line to the home. */
  get needsLine(): boolean {
    const { contacts, invitations, outbox } = this.#pages;
    return contacts.size + invitations.size + outbox.size > 0;
  }

  /** Tell whether a passphrase locks what is stored. */
  get isLocked(): boolean {
    return this.#shelf.isLocked;
  }

  /** Lock what is stored with a passphrase, or (null) no more; steps wait meanwhile. */
  relock(passphrase: string | null): Promise<void> {
    return this.#mutex.run(async () => {
      await this.#shelf.relock(passphrase);
      this.#changed();
    });
  }

  /**
   * Run one step on a draft and commit what it did; a step that throws changes nothing.
   *
   * A step must not call `change` itself: it would wait for itself.
   */
  change<T>(step: (draft: Draft) => T | Promise<T>): Promise<T> {
    return this.#mutex.run(async () => {
      const draft = new Draft(this.#pages, this.#rng, this.#unix());
      const result = await step(draft);
      if (draft.changes.length > 0) {
        await this.#shelf.commit(draft.changes);
        this.#pages = new Pages(draft);
        this.#changed();
      }
      return result;
    });
  }
}

function putId(writer: Bytes, number: number): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number));
  return concat(writer, bytes);
}

/** Give an envelope of a release before put numbers a number; a double is dropped where it is read. */
function numbered(item: OutboxItem, now: number): OutboxItem {
  if (item.made > 0) return item;
  return { ...item, putId: putId(item.putId.slice(0, WRITER_BYTES), 1), made: now };
}

/** Name an envelope by its SHA-256. */
export function digest(envelope: Bytes): Bytes {
  return sha256(envelope);
}
