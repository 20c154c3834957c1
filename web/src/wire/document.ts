/** Ask a home for its newest list of endpoints over the line (spec/lists.md §2). */

import { RecordType } from "./codes";
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
