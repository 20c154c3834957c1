/**
 * Remember what was received, so that it does nothing when it comes again (spec/ratchet.md §3).
 *
 * Hashes are kept for each mailbox by itself: nobody's flood removes what another sent.
 */

import { type Bytes, concat, hex, unhex } from "../wire/bytes";

/** Hashes that are remembered of one mailbox. */
export const SEEN_MOST = 4096;
/** How long: ten days more than an envelope waits at a home. */
export const SEEN_DAYS = 40;
export const DAY = 24 * 3600;
/** Stands for the mailbox of what an earlier release remembered for all contacts together. */
const SHARED = "00".repeat(16);
const COUNTER_DIGITS = 16;
const DAY_BYTES = 4;

/** One remembered hash, of an envelope or of a call's id. */
export interface Seen {
  /** Mailbox and place in the order of arrival, in hexadecimal. */
  readonly id: string;
  /** Unix days. */
  readonly day: number;
  readonly digest: string;
}

/** From a mailbox to what came into it, oldest first, by hash. */
export type SeenDigests = ReadonlyMap<string, ReadonlyMap<string, Seen>>;

/** Give the id of a hash. */
export function seenId(mailbox: Bytes, place: string): string {
  return hex(mailbox) + place;
}

/** Give the place in the order of arrival that an id names. */
export function placeOf(id: string): string {
  return id.slice(-COUNTER_DIGITS);
}

/** Write a hash down for the store. */
export function encodeSeen({ day, digest }: Seen): Bytes {
  const days = new Uint8Array(DAY_BYTES);
  new DataView(days.buffer).setUint32(0, day);
  return concat(days, unhex(digest));
}

/** Read a stored hash back; one of an earlier release has neither mailbox nor day. */
export function decodeSeen(id: string, value: Bytes, today: number): Seen {
  if (id.length === COUNTER_DIGITS) return { id: SHARED + id, day: today, digest: hex(value) };
  const view = new DataView(value.buffer, value.byteOffset);
  return { id, day: view.getUint32(0), digest: hex(value.slice(DAY_BYTES)) };
}

/** Tell whether a hash came into a mailbox before. */
export function wasSeen(seen: SeenDigests, mailbox: Bytes, digest: Bytes): boolean {
  const name = hex(digest);
  return [hex(mailbox), SHARED].some((box) => seen.get(box)?.has(name) === true);
}

/** Give what is remembered with one more; what is too old or too much of its mailbox goes. */
export function withSeen(
  seen: SeenDigests,
  added: Seen,
): { readonly seen: SeenDigests; readonly gone: readonly Seen[] } {
  const box = mailboxOf(added);
  const kept = [...(seen.get(box)?.values() ?? [])];
  const many = Math.max(0, kept.length + 1 - SEEN_MOST);
  const gone = kept.filter(({ day }, at) => at < many || added.day - day > SEEN_DAYS);
  const fresh = new Map(seen.get(box));
  for (const { digest } of gone) fresh.delete(digest);
  fresh.set(added.digest, added);
  return { seen: new Map(seen).set(box, fresh), gone };
}

/** Put stored hashes in the order in which they came. */
export function seenDigests(all: readonly Seen[]): SeenDigests {
  const seen = new Map<string, Map<string, Seen>>();
  for (const each of all.toSorted((a, b) => (placeOf(a.id) < placeOf(b.id) ? -1 : 1))) {
    const box = seen.get(mailboxOf(each)) ?? new Map<string, Seen>();
    seen.set(mailboxOf(each), box.set(each.digest, each));
  }
  return seen;
}

export function mailboxOf({ id }: Seen): string {
  return id.slice(0, -COUNTER_DIGITS);
}
