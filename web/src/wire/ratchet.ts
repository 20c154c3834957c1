/**
 * Lay out the messages of the contact channel (spec/ratchet.md §2 and §5).
 *
 * `message = header ‖ ciphertext`; the decrypted body is `kind(1) ‖ CBOR`. Integers are big-endian.
 */

import { WireError } from "../errors";
import { type Bytes, bytesUint, concat, uintBytes } from "./bytes";
import { encode } from "./cbor";
import type { BodyKind } from "./codes";
import { Fields } from "./fields";

export const VERSION = 1;
export const HEADER_BYTES = 2413;
const TAG_BYTES = 16;

/** What `confirm` and `out_of_step` carry. */
export const EMPTY_BODY = encode(new Map());

/** Which key opens a message; the home never sees it (spec/mailbox.md §2). */
export interface RatchetHeader {
  /** t, from 1: odd ones are the inviter's. */
  readonly turn: number;
  /** PN: how many messages the sender's previous turn had. */
  readonly previous: number;
  /** N, from 0 in each turn. */
  readonly number: number;
  readonly salt: Bytes;
  readonly ct: Bytes;
  readonly kemKey: Bytes;
}

/** Encode a header in its 2413 bytes. */
export function encodeHeader(header: RatchetHeader): Bytes {
  const data = concat(
    Uint8Array.of(VERSION),
    uintBytes(header.turn, 4),
    uintBytes(header.previous, 4),
    uintBytes(header.number, 4),
    header.salt,
    header.ct,
    header.kemKey,
  );
  if (data.length !== HEADER_BYTES) throw new RangeError("a ratchet header of another size");
  return data;
}

/** Decode a header. Whatever the bytes, throw `WireError` or nothing. */
export function parseHeaderUntrusted(data: Bytes): RatchetHeader {
  if (data.length !== HEADER_BYTES) {
    throw new WireError(`a ratchet header of ${data.length} bytes, it has ${HEADER_BYTES}`);
  }
  if (data[0] !== VERSION) {
    throw new WireError(`ratchet version ${data[0] ?? 0}, this side speaks ${VERSION}`);
  }
  const header = {
    turn: bytesUint(data.subarray(1, 5)),
    previous: bytesUint(data.subarray(5, 9)),
    number: bytesUint(data.subarray(9, 13)),
    salt: data.slice(13, 29),
    ct: data.slice(29, 1197),
    kemKey: data.slice(1197),
  };
  if (header.turn === 0) throw new WireError("a ratchet header names turn 0, turns start at 1");
  return header;
}

export interface SplitMessage {
  readonly header: RatchetHeader;
  /** The header's bytes: they are authenticated. */
  readonly head: Bytes;
  readonly ciphertext: Bytes;
}

/** Split a message into header, the header's bytes and ciphertext. */
export function splitMessageUntrusted(message: Bytes): SplitMessage {
  if (message.length <= HEADER_BYTES + TAG_BYTES) {
    throw new WireError(`a ratchet message of ${message.length} bytes has no body`);
  }
  const head = message.slice(0, HEADER_BYTES);
  return { header: parseHeaderUntrusted(head), head, ciphertext: message.slice(HEADER_BYTES) };
}

/** Put the kind in front of encoded CBOR. */
export function joinBody(kind: BodyKind, content: Bytes = EMPTY_BODY): Bytes {
  return concat(Uint8Array.of(kind), content);
}

/**
 * Split a decrypted body into its kind and its CBOR, which is not decoded here.
 *
 * The kind may be none of `BodyKind`: the receiver ignores such a body.
 */
export function splitBodyUntrusted(body: Bytes): readonly [number, Bytes] {
  const [kind] = body;
  if (kind === undefined) throw new WireError("the body of a ratchet message is empty");
  return [kind, body.slice(1)];
}

/** Refuse a `confirm` or `out_of_step` that carries anything. */
export function checkEmptyUntrusted(content: Bytes): void {
  Fields.parseUntrusted(content, "empty body");
}
