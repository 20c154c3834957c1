/** Change what is written down of people and past calls, where no line is needed. */

import { HamsedaError } from "../errors";
import type { Bytes } from "../wire/bytes";
import type { Book } from "./book";
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

/** Mark a contact as verified, or take the mark away. */
export function markVerified(book: Book, id: Bytes, verified: boolean): Promise<void> {
  return book.change((draft) => {
    const contact = draft.contact(id);
    if (contact !== null) draft.putContact({ ...contact, verified });
  });
}

/** Note that somebody has looked at the missed calls. */
export function markLogSeen(book: Book): Promise<void> {
  return book.change((draft) => {
    for (const [id, past] of draft.log) {
      if (!past.seen) draft.putLog(id, { ...past, seen: true });
    }
  });
}

/** Forget all past calls. */
export function clearLog(book: Book): Promise<void> {
  return book.change((draft) => {
    for (const id of [...draft.log.keys()]) draft.deleteLog(id);
  });
}
