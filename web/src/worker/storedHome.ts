/** Judge the home's document as the book holds it, once: every attempt of a line asks for it. */

import { type VerifiedHome, verifyHomeDocumentUntrusted } from "../crypto/homeIdentity";
import type { Bytes } from "../wire/bytes";

/** By the very bytes that a book holds, which nobody changes. */
const VERIFIED = new WeakMap<Bytes, Promise<VerifiedHome>>();

/** Verify what a book holds as its home; throws `WireError` when the store was damaged. */
export function verifyStored(document: Bytes): Promise<VerifiedHome> {
  const before = VERIFIED.get(document);
  if (before !== undefined) return before;
  const verified = verifyHomeDocumentUntrusted(document, null);
  VERIFIED.set(document, verified);
  return verified;
}
