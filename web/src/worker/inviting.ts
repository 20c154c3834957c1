/** Invite somebody, and welcome who comes first (spec/invitation.md). */

import type { Rng } from "../crypto/keySchedule";
import { NetworkError } from "../errors";
import type { Clock } from "../platform/clock";
import { type Contact, type Inbox } from "../protocol/contact";
import {
  type AcceptArrived,
  type Invitation,
  bundleId,
  drain,
  makeInvitation,
  newInbox,
} from "../protocol/invitation";
import { type Bytes, hex } from "../wire/bytes";
import { BundleEnd } from "../wire/codes";
import { CloseMailbox, DeleteBundle, GetVoucher, PutBundle } from "../wire/mailbox";
import { Status } from "../wire/status";
import type { Book, Draft } from "./book";
import type { HomeDirectory } from "./homes";
import type { HomeLine } from "./line";
import { NOBODY, type Post } from "./post";
import { StatusError, UninvitedError, requireOk } from "./replies";

const DAY = 24 * 3600;
export const INVITATION_SECONDS = 7 * DAY;
/** How long an acceptance may lie at the home (spec/registry.md §4). */
const KEPT_SECONDS = 30 * DAY;
const BURNT_SECONDS = 2;

/** What inviting needs of its client. */
export interface InvitingMeans {
  readonly book: Book;
  readonly directory: HomeDirectory;
  readonly post: Post;
  readonly clock: Clock;
  readonly rng: Rng;
  /** Give the line once it is open, or throw `NetworkError`. */
  readonly openLine: () => Promise<HomeLine>;
  readonly accepted: (contact: Contact) => void;
}

/** A link that can be sent. */
export interface InvitationMade {
  readonly id: string;
  readonly link: string;
  readonly expires: number;
}

export class Inviting {
  readonly #means: InvitingMeans;

  constructor(means: InvitingMeans) {
    this.#means = means;
  }

  /** Publish an invitation at the home and give its link. */
  async invite(name: string): Promise<InvitationMade> {
    const { book, directory, post, rng, openLine } = this.#means;
    const home = await directory.refresh();
    const line = await openLine();
    const inbox = newInbox(rng);
    const { mailbox } = inbox.address;
    const made = await post.create(inbox, null);
    if (made === Status.REFUSED) throw new UninvitedError("this home wants a voucher");
    requireStatusOk(made);
    requireStatusOk(await post.subscribe(inbox, null));
    const voucher = requireOk(await line.request(GetVoucher.of({ q: 0, mailbox })));
    const { invitation, blob } = await makeInvitation(
      {
        name,
        homeId: home.homeId,
        signedDescriptor: home.signed,
        voucher,
        inbox,
        expiry: this.#homeNow(line) + INVITATION_SECONDS,
      },
      rng,
    );
    // Remembered before it is published: an accept must find its key.
    await book.change((draft) => {
      draft.putInvitation(invitation);
    });
    try {
      const { expiry } = invitation;
      const bundle = bundleId(invitation);
      requireOk(await line.request(PutBundle.of({ q: 0, mailbox, bundle, blob, expiry })));
    } catch (error) {
      // Nobody will ever see its link.
      await this.#drop(invitation);
      throw error;
    }
    return this.#made(invitation, directory.invitationLink(home, invitation.linkHash));
  }

  /** Give the link of an invitation again. */
  async show(id: string): Promise<InvitationMade | null> {
    const { book, directory } = this.#means;
    const invitation = book.pages.invitations.get(id);
    if (invitation === undefined) return null;
    const home = await directory.get();
    return this.#made(invitation, directory.invitationLink(home, invitation.linkHash));
  }

  #made(invitation: Invitation, link: string): InvitationMade {
    return { id: hex(bundleId(invitation)), link, expires: invitation.expiry };
  }

  /** Withdraw an invitation; whoever opens its link is told so. */
  async cancel(id: string): Promise<void> {
    const invitation = this.#means.book.pages.invitations.get(id);
    if (invitation === undefined) return;
    const line = await this.#means.openLine();
    await this.#burn(invitation, BundleEnd.CANCELLED, line);
    await this.#drop(invitation);
  }

  async #burn(invitation: Invitation, state: BundleEnd, line: HomeLine): Promise<void> {
    const { mailbox } = invitation.address;
    const bundle = bundleId(invitation);
    await line.request(DeleteBundle.of({ q: 0, mailbox, bundle, state }));
    await line.request(CloseMailbox.of({ q: 0, mailbox }));
  }

  #drop(invitation: Invitation): Promise<void> {
    return this.#means.book.change((draft) => {
      draft.deleteInvitation(invitation);
    });
  }

  /** Drop the invitations for which no acceptance in time can lie at the home any more. */
  async forgetExpired(line: HomeLine): Promise<void> {
    const now = this.#homeNow(line);
    await this.#means.book.change((draft) => {
      for (const invitation of draft.invitations.values()) {
        if (now > invitation.expiry + KEPT_SECONDS) draft.deleteInvitation(invitation);
      }
    });
  }

  /** Let the first valid accept win, refuse the others, burn the invitation. */
  async tookAccepts(invitation: Invitation, accepts: readonly AcceptArrived[]): Promise<void> {
    const { book, post, rng, openLine, accepted } = this.#means;
    const line = await openLine();
    const now = this.#homeNow(line);
    const welcomed = await book.change(async (draft) => {
      if (!draft.invitations.has(hex(bundleId(invitation)))) return null;
      const drained = await drain(invitation, accepts, now, rng);
      for (const { to, envelope } of drained.refusals) draft.sendOnce(NOBODY, to, envelope);
      return drained.welcomed === null ? null : this.#welcome(draft, invitation, drained.welcomed);
    });
    if (welcomed !== null) {
      await this.#settle(invitation, welcomed.contact, welcomed.replaced, line);
      accepted(welcomed.contact);
    }
    post.wake();
  }

  #welcome(
    draft: Draft,
    invitation: Invitation,
    { contact, envelope }: { readonly contact: Contact; readonly envelope: Bytes },
  ): { readonly contact: Contact; readonly replaced: readonly Contact[] } {
    const placed = draft.replaceNamesakes(contact);
    draft.deleteInvitation(invitation);
    draft.send(placed.contact, envelope);
    return placed;
  }

  async #settle(
    invitation: Invitation,
    contact: Contact,
    replaced: readonly Inbox[],
    line: HomeLine,
  ): Promise<void> {
    try {
      const { post } = this.#means;
      await post.subscribe(contact, contact.voucher);
      // The welcome first: who finds the invitation burnt, and no welcome, came second.
      post.wake();
      await post.flushed(BURNT_SECONDS);
      await this.#burn(invitation, BundleEnd.USED, line);
      for (const { address } of replaced) {
        await line.request(CloseMailbox.of({ q: 0, mailbox: address.mailbox }));
      }
    } catch (error) {
      // The next line makes the mailbox; the bundle expires by itself.
      if (!(error instanceof NetworkError)) throw error;
    }
  }

  /** Give the home's clock, which judges expiry: this device's may be wrong. */
  #homeNow(line: HomeLine): number {
    return this.#means.clock.unix() + line.clockOffset;
  }
}

function requireStatusOk(status: Status): void {
  if (status !== Status.OK) throw new StatusError(status);
}
