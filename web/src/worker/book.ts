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
import { type Bytes, hex, unhex, utf8 } from "../wire/bytes";
import type { BodyKind } from "../wire/codes";
import type { MailboxAddress } from "../wire/mailbox";
import { Mutex } from "./async";
import { LogRecord, OpenCall, type OutboxItem, OutboxRecord } from "./records";

/** Hashes of the newest received envelopes that are remembered. */
export const SEEN_MOST = 4096;
/** Past calls that are remembered. */
export const LOG_MOST = 500;
const COUNTER_BYTES = 8;
const PUT_ID_BYTES = 16;
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
  /** From the hash of an envelope (or call) to its place in the order of arrival. */
  readonly seen: Map<string, string>;
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
    this.seen = new Map(from?.seen);
    this.calls = new Map(from?.calls);
    this.log = new Map(from?.log);
    this.home = from?.home ?? null;
    this.way = from?.way ?? null;
    this.counter = from?.counter ?? 0;
  }

  /** Read what a store holds; damaged items throw `WireError`. */
  static read(items: readonly Item[]): Pages {
    const pages = new Pages();
    for (const item of items) pages.#read(item);
    const numbers = [...pages.outbox.keys(), ...pages.seen.values(), ...pages.log.keys()];
    pages.counter = numbers.reduce((most, id) => Math.max(most, Number.parseInt(id, 16)), 0);
    return pages;
  }

  #read({ kind, id, value }: Item): void {
    const name = hex(id);
    if (kind === "home") this.home = value;
    if (kind === "way") this.way = new TextDecoder().decode(value);
    if (kind === "contact") this.contacts.set(name, decodeContact(value));
    if (kind === "invitation") this.invitations.set(name, decodeInvitation(value));
    if (kind === "outbox") {
      this.outbox.set(name, { id: name, ...OutboxRecord.parseUntrusted(value) });
    }
    if (kind === "seen") this.seen.set(hex(value), name);
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

  /** Tell whether this envelope (or call) was committed before. */
  isSeen(digest: Bytes): boolean {
    return this.seen.has(hex(digest));
  }

  /** Give the oldest envelope that waits for the home. */
  unsent(): OutboxItem | null {
    const oldest = [...this.outbox.keys()].sort()[0];
    return oldest === undefined ? null : (this.outbox.get(oldest) ?? null);
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

  constructor(from: Pages, rng: Rng) {
    super(from);
    this.#rng = rng;
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
    this.putContact(sealed.contact);
    return this.send(id, destination(contact), sealed.envelope);
  }

  /** Keep an envelope as unsent; `contact` is empty when it belongs to none. */
  send(contact: Bytes, to: MailboxAddress, envelope: Bytes): OutboxItem {
    const record = { contact, to, putId: this.#rng(PUT_ID_BYTES), envelope };
    const item = { id: this.#nextId(), ...record };
    this.outbox.set(item.id, item);
    const value = OutboxRecord.encode(record);
    this.changes.push({ kind: "outbox", id: unhex(item.id), value });
    return item;
  }

  /** Forget an envelope that the home has taken, or will never take. */
  sent({ id }: OutboxItem): void {
    if (this.outbox.delete(id)) this.#delete("outbox", id);
  }

  /** Remember the hash of what was received. */
  see(digest: Bytes): void {
    const id = this.#nextId();
    this.seen.set(hex(digest), id);
    this.changes.push({ kind: "seen", id: unhex(id), value: digest });
    if (this.seen.size <= SEEN_MOST) return;
    const oldest = [...this.seen].sort(([, a], [, b]) => (a < b ? -1 : 1));
    for (const [old, place] of oldest.slice(0, SEEN_MOST / 2)) {
      this.seen.delete(old);
      this.#delete("seen", place);
    }
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

export class Book {
  readonly #shelf: Shelf;
  readonly #rng: Rng;
  readonly #changed: () => void;
  readonly #mutex = new Mutex();
  #pages: Pages;

  private constructor(shelf: Shelf, pages: Pages, rng: Rng, changed: () => void) {
    this.#shelf = shelf;
    this.#pages = pages;
    this.#rng = rng;
    this.#changed = changed;
  }

  /** Read a book; `changed` is called after each commit. */
  static async open(shelf: Shelf, rng: Rng, changed: () => void): Promise<Book> {
    return new Book(shelf, Pages.read(await shelf.items()), rng, changed);
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
      const draft = new Draft(this.#pages, this.#rng);
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

/** Name an envelope by its SHA-256. */
export function digest(envelope: Bytes): Bytes {
  return sha256(envelope);
}
