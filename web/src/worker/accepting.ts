/** Accept somebody's invitation (spec/invitation.md). */

import { homeId, verifySignedDescriptorUntrusted } from "../crypto/homeIdentity";
import { invitationId, openBundleUntrusted } from "../crypto/invitation";
import type { Rng } from "../crypto/keySchedule";
import { HamsedaError, NetworkError, NewerReleaseError, TrustError, WireError } from "../errors";
import type { Clock } from "../platform/clock";
import { type Contact, Standing } from "../protocol/contact";
import { acceptBundle, takeRefused, takeWelcome } from "../protocol/invitation";
import * as base64url from "../wire/base64url";
import { type Bytes, hex } from "../wire/bytes";
import { BodyKind } from "../wire/codes";
import { Bundle, bundleAddress } from "../wire/invitation";
import { type InvitationLink, parseLink } from "../wire/link";
import { EMPTY_BODY } from "../wire/ratchet";
import { Status } from "../wire/status";
import { sleep } from "./async";
import type { Book, Draft } from "./book";
import type { HomeDirectory, KnownHome } from "./homes";
import type { HomeLine } from "./line";
import type { InvitationFault } from "./messages";
import type { After, Post } from "./post";
import { StatusError } from "./replies";

const POLL_SECONDS = 0.02;
const BURNT_SECONDS = 2;

/** An invitation cannot be used. */
export class FaultError extends HamsedaError {
  override readonly name = "FaultError";

  constructor(readonly fault: InvitationFault) {
    super(`this invitation cannot be used: ${fault}`);
  }
}

/** An invitation is of another home, whose own page must open it. */
export class ElsewhereError extends HamsedaError {
  override readonly name = "ElsewhereError";

  constructor() {
    super("this invitation belongs to another home");
  }
}

/** What accepting needs of its client. */
export interface AcceptingMeans {
  readonly book: Book;
  readonly directory: HomeDirectory;
  readonly post: Post;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Give the line once it is open, or throw `NetworkError`. */
  readonly openLine: () => Promise<HomeLine>;
  readonly accepted: (contact: Contact) => void;
  readonly faulty: (fault: InvitationFault) => void;
}

export class Accepting {
  readonly #means: AcceptingMeans;
  /** Who is being accepted right now, and hears of a refusal by `accept` itself. */
  readonly #asking = new Set<string>();
  readonly #outcomes = new Map<string, InvitationFault>();

  constructor(means: AcceptingMeans) {
    this.#means = means;
  }

  /**
   * Accept an invitation; give the contact once it is confirmed, or after `patience` seconds as one
   * that still waits for its welcome. Throws `FaultError` when the invitation cannot be used.
   */
  async accept(linkText: string, name: string, patience: number): Promise<Contact> {
    const { book, post, rng, openLine } = this.#means;
    const link = invitationLink(linkText);
    const { bundle, home } = await this.#meet(link);
    const line = await openLine();
    if (this.#means.clock.unix() + line.clockOffset > bundle.expiry) throw new FaultError("expired");
    const { contact, envelope } = await acceptBundle(bundle, link.hash, name, home.homeId, rng);
    const id = hex(contact.id);
    this.#asking.add(id);
    try {
      await book.change((draft) => {
        // A contact of this name lives on until the welcome: a link must not destroy it.
        for (const other of draft.othersNamed(contact, Standing.WAITING)) draft.deleteContact(other);
        draft.putContact(contact);
        draft.sendOnce(contact.id, bundleAddress(bundle), envelope);
      });
      await this.#openMailbox(contact);
      post.wake();
      return await this.#waitForWelcome(contact, patience);
    } finally {
      this.#asking.delete(id);
    }
  }

  /** Fetch an invitation and the home that it is of; a page without a home takes it from the link. */
  async #meet(link: InvitationLink): Promise<{ readonly bundle: Bundle; readonly home: KnownHome }> {
    const { directory } = this.#means;
    if (!directory.hasHome) directory.adopt(link);
    try {
      if (!(await directory.isOurs(link))) throw new ElsewhereError();
      const bundle = await this.#fetch(link);
      return { bundle, home: await this.#homeOf(bundle) };
    } catch (error) {
      directory.disown();
      throw error;
    }
  }

  /** Give the home that a bundle names, as new as the inviter knew it. */
  async #homeOf(bundle: Bundle): Promise<KnownHome> {
    const { directory } = this.#means;
    const { homeId: here } = await directory.get();
    const { homeKey, version } = await orAltered(() => verifySignedDescriptorUntrusted(bundle.home, null));
    if (homeId(homeKey) !== here) throw new ElsewhereError();
    return orAltered(() => directory.atLeast(version));
  }

  async #openMailbox(contact: Contact): Promise<void> {
    const status = await this.#means.post.subscribe(contact, contact.voucher);
    if (status === Status.OK) return;
    await this.#forget(contact);
    throw status === Status.REFUSED ? new FaultError("used") : new StatusError(status);
  }

  async #fetch(link: InvitationLink): Promise<Bundle> {
    const id = base64url.encode(invitationId(link.hash));
    const { status, body } = await this.#means.directory.bundle(id);
    if (status === 410) throw new FaultError(goneReason(body));
    if (status !== 200) throw new FaultError("altered");
    return orAltered(async () => Bundle.parseUntrusted(await openBundleUntrusted(link.hash, body)));
  }

  async #waitForWelcome(contact: Contact, patience: number): Promise<Contact> {
    const now = await this.#watch(contact, patience);
    if (now.standing !== Standing.WAITING || !(await this.#isBurnt(contact))) return now;
    const later = await this.#watch(contact, BURNT_SECONDS);
    if (later.standing !== Standing.WAITING) return later;
    await this.#forget(contact);
    throw new FaultError("used");
  }

  /**
   * Ask the home whether the invitation that a contact waits for was used.
   *
   * It may have been used by another, whose acceptance the inviter saw, in the moment before ours
   * came and nobody read that mailbox any more.
   */
  async #isBurnt({ invitation }: Contact): Promise<boolean> {
    try {
      const { status, body } = await this.#means.directory.bundle(base64url.encode(invitation));
      return status === 410 && goneReason(body) !== "expired";
    } catch (error) {
      if (error instanceof NetworkError) return false;
      throw error;
    }
  }

  /** Give the contact once it is welcomed, or as it is when nothing came for so long. */
  async #watch(contact: Contact, patience: number): Promise<Contact> {
    const { book, clock } = this.#means;
    const id = hex(contact.id);
    const until = clock.now() + patience;
    for (;;) {
      const fault = this.#outcomes.get(id);
      this.#outcomes.delete(id);
      if (fault !== undefined) throw new FaultError(fault);
      const now = book.pages.contact(contact.id);
      if (now === null) throw new FaultError("used");
      if (now.standing !== Standing.WAITING || clock.now() >= until) return now;
      await sleep(POLL_SECONDS);
    }
  }

  /** Confirm a contact on the inviter's welcome, and say so to the inviter. */
  async tookWelcome(draft: Draft, contact: Contact, body: Bytes): Promise<After> {
    if (contact.standing !== Standing.WAITING) {
      draft.putContact(contact);
      return nothing;
    }
    let confirmed: Contact;
    try {
      confirmed = await takeWelcome(contact, body);
    } catch (error) {
      if (error instanceof TrustError) return this.#gone(draft, contact, "altered");
      throw error;
    }
    // The mailboxes of those it replaces are left to expire.
    confirmed = draft.replaceNamesakes(confirmed).contact;
    await draft.seal(confirmed.id, BodyKind.CONFIRM, EMPTY_BODY);
    return () => {
      this.#means.post.wake();
      // Who waits in `accept` tells it himself.
      if (!this.#asking.has(hex(confirmed.id))) this.#means.accepted(confirmed);
    };
  }

  /** Forget a contact whose acceptance the inviter refused. */
  async tookRefused(draft: Draft, contact: Contact, body: Bytes): Promise<After> {
    if (contact.standing !== Standing.WAITING) {
      draft.putContact(contact);
      return nothing;
    }
    try {
      return this.#gone(draft, contact, await takeRefused(contact, body));
    } catch (error) {
      if (error instanceof TrustError) return this.#gone(draft, contact, "altered");
      throw error;
    }
  }

  /** Forget a contact that never came to be, and tell why. */
  #gone(draft: Draft, contact: Contact, fault: InvitationFault): After {
    draft.deleteContact(contact);
    return () => {
      this.#tell(contact, fault);
    };
  }

  /** Learn that the accept could not be put: the invitation's mailbox is closed. */
  async mailboxGone(contact: Contact): Promise<void> {
    await this.#forget(contact);
    this.#tell(contact, "used");
  }

  /** Note that what came instead of a welcome cannot be opened; a real one still counts. */
  spoiled(contact: Contact): void {
    if (this.#asking.has(hex(contact.id))) this.#outcomes.set(hex(contact.id), "altered");
  }

  #tell(contact: Contact, fault: InvitationFault): void {
    if (this.#asking.has(hex(contact.id))) this.#outcomes.set(hex(contact.id), fault);
    else this.#means.faulty(fault);
  }

  #forget(contact: Contact): Promise<void> {
    return this.#means.book.change((draft) => {
      draft.deleteContact(contact);
    });
  }
}

function invitationLink(text: string): InvitationLink {
  try {
    const link = parseLink(text);
    if (link.kind === "invitation") return link;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  throw new FaultError("altered");
}

async function orAltered<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof NewerReleaseError) throw new FaultError("newer");
    if (error instanceof WireError || error instanceof TrustError) throw new FaultError("altered");
    throw error;
  }
}

function goneReason(body: Bytes): InvitationFault {
  const said = new TextDecoder().decode(body).trim();
  if (said === "expired" || said === "cancelled") return said;
  return "used";
}

function nothing(): void {
  // There is nothing left to do.
}
