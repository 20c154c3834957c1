/** Change what is written down of people. */

import { HamsedaError } from "../errors";
import type { Contact } from "../protocol/contact";
import type { Bytes } from "../wire/bytes";
import { CloseMailbox } from "../wire/mailbox";
import type { Book } from "./book";
import { ignoreNetwork } from "./failures";
import type { HomeLine } from "./line";
import type { ContactId } from "./messages";

const NAME_MOST = 64;

/** Tidy a name that a person typed; throws what is no name. */
export function cleanName(name: string): string {
  const clean = name
    .split(/\s+/)
    .filter((word) => word !== "")
    .join(" ");
  const isPrintable = !/[\p{Cc}\p{Cn}\p{Co}\p{Cs}]/u.test(clean);
  if (clean === "" || clean.length > NAME_MOST || !isPrintable) {
    throw new HamsedaError(`a name has 1 to ${NAME_MOST} printable characters`);
  }
  return clean;
}

/** Call a contact by another name. */
export function renameContact(book: Book, id: ContactId, name: string): Promise<void> {
  return book.change((draft) => {
    const contact = draft.contacts.get(id);
    if (contact === undefined) return;
    const renamed = { ...contact, name };
    // A later invitation under this name would replace both.
    if (draft.othersNamed(renamed).length > 0) throw new HamsedaError("this name is taken");
    draft.putContact(renamed);
  });
}

/**
 * Forget a contact, and close the mailbox that was theirs.
 *
 * The other side learns at its next call; without a line the mailbox is left to expire.
 */
export async function deleteContact(book: Book, line: HomeLine, contact: Contact): Promise<void> {
  await book.change((draft) => {
    draft.deleteContact(contact);
  });
  if (!line.isOpen) return;
  const { mailbox } = contact.address;
  await line.request(CloseMailbox.of({ q: 0, mailbox })).catch(ignoreNetwork);
}

/** Mark a contact as verified, or as one whose words differed, until they match. */
export function markVerified(book: Book, id: Bytes, verified: boolean): Promise<void> {
  return book.change((draft) => {
    const contact = draft.contact(id);
    if (contact !== null) draft.putContact(compared(contact, verified));
  });
}

function compared(contact: Contact, verified: boolean): Contact {
  return { ...contact, verified, suspected: !verified, changed: contact.changed && !verified };
}
