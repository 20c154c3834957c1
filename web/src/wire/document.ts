/** Ask a home for its newest list of endpoints over the line, and write a list as text (spec/lists.md). */

import { WireError } from "../errors";
import * as base64url from "./base64url";
import type { Bytes } from "./bytes";
import { RecordType } from "./codes";
import { SignedDescriptor } from "./descriptor";
import { DOOR_MOST, checkDoorUntrusted } from "./host";
import { type Of, bytes, message, optionalBytes, request, structure, text, uint } from "./structure";

/** Ask for the home's document, where its descriptor is newer than `version`. */
export const GetDocument = message(RecordType.DOCUMENT, "document", {
  q: request(),
  version: uint(1),
});
export type GetDocument = Of<typeof GetDocument>;

/** The data of the reply. */
export const DocumentReply = structure(
  "document reply",
  {
    /** An encoded `HomeDocument`, not checked here; empty when the page's is as new. */
    document: bytes(0),
    /** The home's own door; "" when TLS ends before the home. */
    door: text(1, DOOR_MOST),
    /** SHA-256 of the certificates behind that door: nothing to a page, which cannot see its own. */
    certificates: bytes(2, [0, 32, 64]),
    /** The build id of the page that the home serves, where it serves one. */
    page: optionalBytes(3, 32),
  },
  {
    checkUntrusted({ door }) {
      if (door !== "") checkDoorUntrusted(door);
    },
  },
);
export type DocumentReply = Of<typeof DocumentReply>;

const LIST_PREFIX = "hamseda:endpoints:";
/** What 16 endpoints with the longest names need, and some; as text with what a chat puts around it. */
const LIST_BYTES_MOST = 16_384;
export const LIST_TEXT_MOST = 4 * LIST_BYTES_MOST;

/** Write a signed descriptor as one line of text, for a chat or a QR code. */
export function formatList(signed: Bytes): string {
  return LIST_PREFIX + base64url.encode(signed);
}

/**
 * Read the text of a list and give the signed descriptor, not verified yet; `WireError` for all else.
 *
 * Chats wrap long lines and put marks around them: what is no character of the form is dropped,
 * because a changed list fails at its signature anyway.
 */
export function parseListUntrusted(text: string): Bytes {
  const kept = text.slice(0, LIST_TEXT_MOST + 1).replace(/[^A-Za-z0-9_:-]/g, "");
  if (text.length > LIST_TEXT_MOST || !kept.startsWith(LIST_PREFIX)) {
    throw new WireError("this is not a list of endpoints");
  }
  const signed = base64url.decodeUntrusted(kept.slice(LIST_PREFIX.length));
  SignedDescriptor.parseUntrusted(signed);
  return signed;
}
