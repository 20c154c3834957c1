/** The requests and pushes about mailboxes and bundles (spec/mailbox.md). */

import { BundleEnd, RecordType } from "./codes";
import {
  type Of,
  bytes,
  code,
  id,
  message,
  optionalBytes,
  request,
  structure,
  uint,
  uints,
} from "./structure";

export const ENVELOPE_SIZES = [4096, 16_384, 65_536] as const;
export const BLOB_SIZES = [4112, 16_400] as const;
export const VOUCHER_BYTES = 52;

/** How many envelopes one acknowledgement may name. */
export const ACK_MOST = 64;

/** Where a contact's envelopes go, what opens that door, and what hides their headers. */
export const MailboxAddress = structure("mailbox address", {
  mailbox: id(0),
  cap: bytes(1, 32),
  outer: bytes(2, 32),
});
export type MailboxAddress = Of<typeof MailboxAddress>;

/** Make a mailbox; repeating the same request changes nothing. */
export const Create = message(RecordType.CREATE, "create", {
  q: request(),
  mailbox: id(1),
  /** The Ed25519 public key of who may read. */
  readKey: bytes(2, 32),
  /** SHA-256 of the capability to write: all of it that the home ever stores. */
  capHash: bytes(3, 32),
  voucher: optionalBytes(4, VOUCHER_BYTES),
});
export type Create = Of<typeof Create>;

/** Put one envelope into a mailbox; `putId` makes a second try harmless. */
export const Put = message(RecordType.PUT, "put", {
  q: request(),
  mailbox: id(1),
  cap: bytes(2, 32),
  putId: id(3),
  envelope: bytes(4, ENVELOPE_SIZES),
});
export type Put = Of<typeof Put>;

/** Bind a mailbox to this line; the signature covers the line, so it is of no use elsewhere. */
export const Subscribe = message(RecordType.SUBSCRIBE, "subscribe", {
  q: request(),
  mailbox: id(1),
  signature: bytes(2, 64),
});
export type Subscribe = Of<typeof Subscribe>;

/** Delete delivered envelopes by their numbers. */
export const Ack = message(RecordType.ACK, "ack", {
  q: request(),
  mailbox: id(1),
  seqs: uints(2, ACK_MOST),
});
export type Ack = Of<typeof Ack>;

/** Delete a mailbox and all that is in it. */
export const CloseMailbox = message(RecordType.CLOSE_MAILBOX, "close_mailbox", {
  q: request(),
  mailbox: id(1),
});
export type CloseMailbox = Of<typeof CloseMailbox>;

/** Ask for the permission to create one mailbox, to pass it on in an invitation. */
export const GetVoucher = message(RecordType.VOUCHER, "voucher", { q: request(), mailbox: id(1) });
export type GetVoucher = Of<typeof GetVoucher>;

/** Leave the encrypted bundle of an invitation at the home. */
export const PutBundle = message(RecordType.PUT_BUNDLE, "put_bundle", {
  q: request(),
  mailbox: id(1),
  bundle: id(2),
  blob: bytes(3, BLOB_SIZES),
  /** Unix seconds, by the home's clock. */
  expiry: uint(4),
});
export type PutBundle = Of<typeof PutBundle>;

/** Delete a bundle, and leave behind why. */
export const DeleteBundle = message(RecordType.DELETE_BUNDLE, "delete_bundle", {
  q: request(),
  mailbox: id(1),
  bundle: id(2),
  state: code(3, BundleEnd),
});
export type DeleteBundle = Of<typeof DeleteBundle>;

/** Hand one envelope to the line that is subscribed. */
export const Deliver = message(RecordType.DELIVER, "deliver", {
  mailbox: id(1),
  seq: uint(2),
  /** Seconds since the home committed it, by the home's clock. */
  ageS: uint(3),
  envelope: bytes(4, ENVELOPE_SIZES),
});
export type Deliver = Of<typeof Deliver>;

/** Tell a line that another one has taken over its subscription. */
export const Replaced = message(RecordType.REPLACED, "replaced", { mailbox: id(1) });
export type Replaced = Of<typeof Replaced>;
