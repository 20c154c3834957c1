/** Hand what the post brought to those whom it concerns: invitations, accepts, lists, calls. */

import { type Contact, type OpenedBody, Standing, withAbilities } from "../protocol/contact";
import type { AcceptArrived, Invitation } from "../protocol/invitation";
import { hex } from "../wire/bytes";
import { BodyKind } from "../wire/codes";
import { Status } from "../wire/status";
import type { Accepting } from "./accepting";
import type { Book, Draft } from "./book";
import type { Calling } from "./calling";
import type { EndpointLists } from "./endpointLists";
import type { Inviting } from "./inviting";
import type { After, Arrived, Post, PostListener } from "./post";
import type { OutboxItem } from "./records";

/** Whom it concerns; some of them are made with the post itself. */
export interface ReceivedMeans {
  readonly book: Book;
  readonly lists: EndpointLists;
  readonly post: () => Post;
  readonly inviting: () => Inviting;
  readonly accepting: () => Accepting;
  readonly calling: () => Calling;
  /** So many people cannot ring, because the home reads out no more mailboxes. */
  readonly notSubscribed: (count: number) => void;
  /** Something waits until a contact's mailbox has room. */
  readonly mailboxFull: () => void;
  readonly unexpected: (error: unknown) => void;
}

export class Received implements PostListener {
  readonly #means: ReceivedMeans;

  constructor(means: ReceivedMeans) {
    this.#means = means;
  }

  async took(draft: Draft, opened: OpenedBody, arrived: Arrived): Promise<After> {
    const { post, accepting, calling, lists } = this.#means;
    const { contact, kind, body } = opened;
    if (kind === BodyKind.WELCOME) return accepting().tookWelcome(draft, contact, body);
    if (kind === BodyKind.REFUSED) return accepting().tookRefused(draft, contact, body);
    if (kind === BodyKind.OUT_OF_STEP) {
      await post().markOutOfStep(draft, contact);
      return () => {
        this.outOfStep(contact);
      };
    }
    if (contact.standing === Standing.WAITING) {
      // Nothing may come before the welcome, and there is no address to answer to.
      draft.putContact(contact);
      return () => undefined;
    }
    const standing =
      contact.standing === Standing.WELCOMED ? Standing.CONFIRMED : contact.standing;
    if (kind === BodyKind.ABLE) {
      draft.putContact(withAbilities({ ...contact, standing }, body));
      return () => undefined;
    }
    if (kind === BodyKind.ENDPOINTS) {
      draft.putContact({ ...contact, standing });
      const isUsed = await lists.took(draft, body);
      return async () => {
        if (isUsed) await lists.tookFrom(contact.name);
      };
    }
    return calling().took(draft, { ...opened, contact: { ...contact, standing } }, arrived);
  }

  async tookAccepts(
    invitation: Invitation,
    accepts: readonly AcceptArrived[],
  ): Promise<void> {
    await this.#means.inviting().tookAccepts(invitation, accepts);
  }

  outOfStep(contact: Contact): void {
    this.#means.post().wake();
    this.#means.calling().fail(contact.id, "out_of_step");
  }

  unreadable(contact: Contact, arrived: Arrived): void {
    if (contact.standing === Standing.WAITING) this.#means.accepting().spoiled(contact);
    this.#means.calling().unreadable(contact, arrived.ageS);
  }

  async putFailed(item: OutboxItem, status: Status): Promise<void> {
    const { book, accepting, calling } = this.#means;
    const contact = book.pages.contacts.get(hex(item.contact));
    if (contact === undefined) return;
    if (contact.standing === Standing.WAITING) {
      await accepting().mailboxGone(contact);
      return;
    }
    if (status === Status.FULL && !item.isOfCall) this.#means.mailboxFull();
    calling().fail(contact.id, status === Status.FULL ? "full" : "failed");
  }

  notSubscribed(count: number): void {
    this.#means.notSubscribed(count);
  }

  unexpected(error: unknown): void {
    this.#means.unexpected(error);
  }
}
