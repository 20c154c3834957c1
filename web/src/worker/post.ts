/**
 * Do the mailbox duties on the line: subscribe, take deliveries in, acknowledge, send what waits.
 *
 * Bytes are judged one after another, in the order they came. An envelope is acknowledged only after
 * what it changed is on disk; one that cannot be read is acknowledged too, and counted, so that it
 * cannot jam the mailbox (spec/ratchet.md §3).
 */

import { EMPTY, Label, type Rng, h } from "../crypto/keySchedule";
import { SigningKey } from "../crypto/signatures";
import { NetworkError, OutOfStepError, WireError } from "../errors";
import type { Clock } from "../platform/clock";
import {
  type Contact,
  type Inbox,
  type OpenedBody,
  Standing,
  destination,
  openEnvelope,
} from "../protocol/contact";
import { type AcceptArrived, type Invitation, bundleId } from "../protocol/invitation";
import { type Bytes, hex } from "../wire/bytes";
import { BodyKind } from "../wire/codes";
import { ACK_MOST, Ack, Create, type Deliver, GetVoucher, Subscribe } from "../wire/mailbox";
import { EMPTY_BODY } from "../wire/ratchet";
import { Status } from "../wire/status";
import { sleep } from "./async";
import { type Book, type Draft, digest } from "./book";
import type { HomeLine } from "./line";
import { Outgoing } from "./outgoing";
import type { OutboxItem } from "./records";

export const QUEUE_MOST = 1024;
/** How long accepts of one invitation are gathered, so that who came second is refused. */
export const GATHER_SECONDS = 0.1;
const POLL_SECONDS = 0.01;
/** Mailboxes over which a voucher is asked for; the newest is not ours at the home yet. */
const VOUCHER_TRIES = 8;

/** One envelope as it came: out of a mailbox (`seq` set) or through a room. */
export interface Arrived {
  readonly mailbox: Bytes;
  readonly envelope: Bytes;
  readonly ageS: number;
  readonly seq: number | null;
}

/** What is done after a step was committed. */
export type After = () => void | Promise<void>;

/** Act on what the post brought. */
export interface PostListener {
  /**
   * Take one authentic body within the step that commits it.
   *
   * `opened.contact` is not put into the draft yet; the implementation puts it, perhaps changed.
   */
  took(draft: Draft, opened: OpenedBody, arrived: Arrived): Promise<After>;
  /** Take everything that came for an invitation. */
  tookAccepts(invitation: Invitation, accepts: readonly AcceptArrived[]): Promise<void>;
  /** Learn that a contact's keys no longer fit. */
  outOfStep(contact: Contact): void;
  /** Learn that an envelope of a contact was noise: damaged, or altered on its way. */
  unreadable(contact: Contact, arrived: Arrived): void;
  /** Learn that the home does not take an envelope: the mailbox is full or gone. */
  putFailed(item: OutboxItem, status: Status): Promise<void>;
  /** Learn that the home reads out no more mailboxes on a line: so many people cannot ring. */
  notSubscribed(count: number): void;
  /** Something of ours went wrong. */
  unexpected(error: unknown): void;
}

/** What the post needs of the world. */
export interface PostMeans {
  readonly book: Book;
  readonly line: () => HomeLine;
  readonly clock: Clock;
  readonly rng: Rng;
}

export class Post {
  readonly #means: PostMeans;
  readonly #listener: PostListener;
  readonly #arrived: Arrived[] = [];
  #isTaking = false;
  readonly #acks = new Map<string, { readonly mailbox: Bytes; readonly seqs: number[] }>();
  #isAcknowledging = false;
  readonly #outgoing: Outgoing;
  readonly #accepts = new Map<string, Map<number, Arrived>>();
  #unreadable = 0;

  constructor(means: PostMeans, listener: PostListener) {
    this.#means = means;
    this.#listener = listener;
    this.#outgoing = new Outgoing({
      ...means,
      failed: (item, status) => listener.putFailed(item, status),
      unexpected: (error) => {
        listener.unexpected(error);
      },
    });
  }

  /** Envelopes that no key of ours opens. */
  get unreadable(): number {
    return this.#unreadable;
  }

  // Lines

  /** Subscribe to all own mailboxes on a new line, all at once: one round trip. */
  async openMailboxes(): Promise<void> {
    const { contacts, invitations } = this.#means.book.pages;
    const asked = await Promise.all([
      ...[...contacts.values()].map((contact) => this.subscribe(contact, contact.voucher)),
      ...[...invitations.values()].map((invitation) => this.subscribe(invitation, null)),
    ]);
    this.#listener.notSubscribed(asked.filter((status) => status === Status.QUOTA).length);
    this.#outgoing.lineOpened();
  }

  /**
   * Subscribe one mailbox; a contact's (`voucher` not null) is made first when the home does not
   * have it: the contact was committed here before its mailbox could be made there.
   */
  async subscribe(inbox: Inbox, voucher: Bytes | null): Promise<Status> {
    let status = await this.#subscribe(inbox);
    if (status !== Status.REFUSED || voucher === null) return status;
    status = await this.create(inbox, voucher.length > 0 ? voucher : null);
    // Somebody spent the voucher first. Who came second still asks, so that the inviter learns of
    // both.
    if (status === Status.REFUSED && voucher.length > 0) status = await this.create(inbox, null);
    return status === Status.OK ? this.#subscribe(inbox) : status;
  }

  async #subscribe({ address, readSeed }: Inbox): Promise<Status> {
    const line = this.#means.line();
    const key = await SigningKey.fromSeed(readSeed);
    const signature = await key.sign(Label.READ, h(line.lineId, address.mailbox));
    const request = Subscribe.of({ q: 0, mailbox: address.mailbox, signature });
    return (await line.request(request)).status;
  }

  /** Make a mailbox; at a home that wants a voucher for it, with one over another mailbox. */
  async create(inbox: Inbox, voucher: Bytes | null): Promise<Status> {
    const status = await this.#create(inbox, voucher);
    if (status !== Status.REFUSED || voucher !== null) return status;
    const fetched = await this.#voucher();
    return fetched === null ? status : this.#create(inbox, fetched);
  }

  /** Ask for a voucher over a mailbox that is ours on this line, if there is one. */
  async #voucher(): Promise<Bytes | null> {
    const { contacts, invitations } = this.#means.book.pages;
    for (const inbox of [...contacts.values(), ...invitations.values()].slice(0, VOUCHER_TRIES)) {
      const request = GetVoucher.of({ q: 0, mailbox: inbox.address.mailbox });
      const { status, data } = await this.#means.line().request(request);
      if (status === Status.OK && data !== null) return data;
    }
    return null;
  }

  async #create({ address, readSeed }: Inbox, voucher: Bytes | null): Promise<Status> {
    const { mailbox, cap } = address;
    const readKey = (await SigningKey.fromSeed(readSeed)).publicKey;
    const request = Create.of({ q: 0, mailbox, readKey, capHash: digest(cap), voucher });
    return (await this.#means.line().request(request)).status;
  }

  // Incoming

  /** Take a delivery out of the line; the home's window bounds how many can wait. */
  delivered({ mailbox, envelope, ageS, seq }: Deliver): void {
    this.#enqueue({ mailbox, envelope, ageS, seq });
  }

  /** Take the copy of an envelope that came through a call's room. */
  cameThroughRoom(mailbox: Bytes, envelope: Bytes): void {
    this.#enqueue({ mailbox, envelope, ageS: 0, seq: null });
  }

  #enqueue(arrived: Arrived): void {
    // What is too much is not acknowledged, so the home delivers it again on the next line.
    if (this.#arrived.length >= QUEUE_MOST) return;
    this.#arrived.push(arrived);
    if (!this.#isTaking) void this.#takeAll();
  }

  async #takeAll(): Promise<void> {
    this.#isTaking = true;
    for (let next = this.#arrived.shift(); next !== undefined; next = this.#arrived.shift()) {
      try {
        await this.#take(next);
      } catch (error) {
        if (!(error instanceof NetworkError)) this.#listener.unexpected(error);
      }
    }
    this.#isTaking = false;
  }

  async #take(arrived: Arrived): Promise<void> {
    const owner = this.#means.book.pages.owner(arrived.mailbox);
    if (owner !== null && "invitation" in owner) {
      this.#takeAccept(owner.invitation, arrived);
      return;
    }
    const after = await this.#means.book.change((draft) => this.#judge(draft, arrived));
    this.#acknowledge(arrived);
    await after();
  }

  async #judge(draft: Draft, arrived: Arrived): Promise<After> {
    const owner = draft.owner(arrived.mailbox);
    const hash = digest(arrived.envelope);
    if (owner === null || "invitation" in owner) return nothing;
    if (draft.isSeen(arrived.mailbox, hash)) return nothing;
    const { contact } = owner;
    let opened: OpenedBody;
    try {
      opened = await openEnvelope(contact, arrived.envelope, this.#means.clock.unix());
    } catch (error) {
      if (error instanceof OutOfStepError) {
        draft.see(arrived.mailbox, hash);
        await this.markOutOfStep(draft, contact);
        return () => {
          this.#listener.outOfStep(contact);
        };
      }
      if (!(error instanceof WireError)) throw error;
      this.#unreadable += 1;
      return () => {
        this.#listener.unreadable(contact, arrived);
      };
    }
    draft.see(arrived.mailbox, hash);
    // Who writes has been online, and reads: a mailbox that was full is tried at once.
    if (contact.peerAddress.length > 0) this.#outgoing.release(destination(contact).mailbox);
    return this.#listener.took(draft, opened, arrived);
  }

  /** Write down that a contact is out of step, and tell the other side once. */
  async markOutOfStep(draft: Draft, contact: Contact): Promise<void> {
    const standing = Standing.OUT_OF_STEP;
    // Whoever takes this place has another key than the one that was verified.
    const changed = contact.verified || contact.changed;
    const marked = { ...contact, standing, verified: false, changed, warned: true };
    draft.putContact(marked);
    if (contact.warned || contact.peerAddress.length === 0) return;
    await draft.seal(contact.id, BodyKind.OUT_OF_STEP, EMPTY_BODY);
  }

  /** Collect what lies in an invitation's mailbox, so that who came second is refused. */
  #takeAccept(invitation: Invitation, arrived: Arrived): void {
    if (arrived.seq === null) return;
    const id = hex(bundleId(invitation));
    const waiting = this.#accepts.get(id) ?? new Map<number, Arrived>();
    this.#accepts.set(id, waiting);
    // By its number at the home: a new line delivers again what was not acknowledged.
    waiting.set(arrived.seq, arrived);
    if (waiting.size > 1) return;
    setTimeout(() => {
      this.#handOnAccepts(id).catch((error: unknown) => {
        if (!(error instanceof NetworkError)) this.#listener.unexpected(error);
      });
    }, GATHER_SECONDS * 1000);
  }

  async #handOnAccepts(id: string): Promise<void> {
    const gathered = [...(this.#accepts.get(id) ?? [])].sort(([a], [b]) => a - b);
    this.#accepts.delete(id);
    const invitation = this.#means.book.pages.invitations.get(id);
    if (invitation !== undefined) {
      const accepts = gathered.map(([, { envelope, ageS }]) => ({ envelope, age: ageS }));
      await this.#listener.tookAccepts(invitation, accepts);
    }
    for (const [, arrived] of gathered) this.#acknowledge(arrived);
  }

  #acknowledge({ mailbox, seq }: Arrived): void {
    if (seq === null) return;
    const name = hex(mailbox);
    const waiting = this.#acks.get(name) ?? { mailbox, seqs: [] };
    this.#acks.set(name, waiting);
    waiting.seqs.push(seq);
    if (!this.#isAcknowledging) void this.#acknowledgeAll();
  }

  /** Acknowledge in batches; what a lost line forgets comes again. */
  async #acknowledgeAll(): Promise<void> {
    this.#isAcknowledging = true;
    for (const [name, { mailbox, seqs }] of this.#acks) {
      const batch = seqs.splice(0, ACK_MOST);
      if (seqs.length === 0) this.#acks.delete(name);
      try {
        await this.#means.line().request(Ack.of({ q: 0, mailbox, seqs: batch }));
      } catch (error) {
        if (!(error instanceof NetworkError)) this.#listener.unexpected(error);
      }
    }
    this.#isAcknowledging = false;
    if (this.#acks.size > 0) void this.#acknowledgeAll();
  }

  // Outgoing

  /** Send now what waits for the home. */
  wake(): void {
    this.#outgoing.wake();
  }

  /** Wait until nothing waits here or for the home; false when that took too long. */
  async flushed(patience: number): Promise<boolean> {
    const { clock } = this.#means;
    const until = clock.now() + patience;
    while (this.#isBusy()) {
      if (clock.now() >= until) return false;
      await sleep(POLL_SECONDS);
    }
    return true;
  }

  #isBusy(): boolean {
    const isTaking = this.#isTaking || this.#accepts.size > 0;
    const isSending = this.#isAcknowledging || this.#outgoing.isBusy;
    return isTaking || isSending;
  }
}

function nothing(): void {
  // Known already, or nobody's: it is only acknowledged.
}

/** The id of no contact: what belongs to nobody any more. */
export const NOBODY: Bytes = EMPTY;
