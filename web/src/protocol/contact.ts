/**
 * Seal and open what two contacts say to each other, as pure steps over a frozen record.
 *
 * The record is all that the store holds of a contact (spec/ratchet.md). Each step gives a new
 * record; the caller commits it together with the bytes before anything leaves the device.
 */

import { openEnvelopeUntrusted, sealEnvelope } from "../crypto/envelope";
import { EMPTY, type Rng } from "../crypto/keySchedule";
import {
  type RatchetState,
  decodeState,
  encodeState,
  receiveUntrusted,
  send,
  turnLength,
} from "../crypto/ratchet";
import { OutOfStepError, RefusedError, WireError } from "../errors";
import { ABILITIES_MOST, Able } from "../wire/able";
import type { Bytes } from "../wire/bytes";
import { BodyKind } from "../wire/codes";
import { Fields } from "../wire/fields";
import { MailboxAddress } from "../wire/mailbox";
import { joinBody } from "../wire/ratchet";
import {
  type Field,
  type Of,
  bool,
  bytes,
  bytesOr,
  code,
  flag,
  optionalUints,
  structure,
  text,
  uintOr,
} from "../wire/structure";

const STATE_MOST = 2 ** 18;
const RECORD_MOST = STATE_MOST + 65_536;
const SALT_BYTES = 32;

/** Messages of one turn: with a gap of 2000, loss alone never breaks a contact. */
export const TURN_MOST = 1000;
/** How many of them only calls may use, and the word that a contact is out of step. */
export const KEPT_FOR_CALLS = 100;
/** What leaves first, and is of no use later. */
export const OF_CALLS: ReadonlySet<BodyKind> = new Set([
  BodyKind.OFFER,
  BodyKind.ANSWER,
  BodyKind.CANCEL,
  BodyKind.DECLINE,
  BodyKind.BUSY,
  BodyKind.HANGUP,
]);
const FOR_CALLS: ReadonlySet<BodyKind> = new Set([...OF_CALLS, BodyKind.OUT_OF_STEP]);

/** How far a contact has come. */
export const Standing = {
  /** The accept was sent; the inviter's welcome has not come. */
  WAITING: 1,
  /** The welcome was sent; nothing has come back yet. */
  WELCOMED: 2,
  CONFIRMED: 3,
  OUT_OF_STEP: 5,
} as const;
export type Standing = (typeof Standing)[keyof typeof Standing];

/** One own mailbox: its address, and the key that reads it. */
export interface Inbox {
  readonly address: MailboxAddress;
  readonly readSeed: Bytes;
}

/** One contact as it is written down; as secret as the keys in it. */
const ContactRecord = structure(
  "contact",
  {
    /** Local and random; never leaves the device. */
    id: bytes(1),
    name: text(2, 256),
    homeId: text(3, 64),
    standing: code(4, Standing),
    identitySeed: bytes(5, 32),
    peerIdentity: bytes(6, 32),
    ratchet: ratchet(7),
    address: address(8),
    readSeed: bytes(9, 32),
    ctx: bytes(10, 32),
    /** Their mailbox, as the encoded address that they signed; empty before the welcome. */
    peerAddress: bytes(11),
    /** Where the invitation lay, while its outcome is not known. */
    invitation: bytes(12),
    verified: bool(13),
    /** `out_of_step` was sent. */
    warned: bool(14),
    /** Lets this side make its mailbox at the inviter's home, while waiting. */
    voucher: bytes(15),
    /** The words differed in a call, and have not matched since. */
    suspected: flag(16),
    /** Another key than the verified one of this name; the words were not compared since. */
    changed: flag(17),
    /** Names this side among those who put into their mailbox (spec/mailbox.md §1). */
    writer: bytesOr(18, EMPTY),
    /** The last number that an envelope got under this writer. */
    putNumber: uintOr(19, 0),
    /** What their program said that it understands (spec/growth.md §3). */
    abilities: optionalUints(20, ABILITIES_MOST),
  },
  { versioned: true, isOwn: true },
);

/** One contact as this side knows it, which is an `Inbox` too. */
export type Contact = Of<typeof ContactRecord>;

/** Write a contact down for the store. */
export function encodeContact(contact: Contact): Bytes {
  return ContactRecord.encode(contact);
}

/** Read a stored contact back; damaged bytes throw `WireError`. */
export function decodeContact(data: Bytes): Contact {
  return ContactRecord.takeUntrusted(Fields.parseUntrusted(data, "contact", RECORD_MOST));
}

/** A mailbox address inside a record, encoded. */
export function address(key: number): Field<MailboxAddress> {
  return {
    key,
    takeUntrusted: (fields) => MailboxAddress.parseUntrusted(fields.bytes(key)),
    give: (value) => MailboxAddress.encode(value),
  };
}

function ratchet(key: number): Field<RatchetState> {
  return {
    key,
    takeUntrusted: (fields) => decodeState(fields.bytes(key, undefined, STATE_MOST)),
    give: (value) => encodeState(value),
  };
}

/** Give the mailbox that this side writes into; `RefusedError` before the welcome. */
export function destination(contact: Contact): MailboxAddress {
  if (contact.peerAddress.length === 0) {
    throw new RefusedError(
      "this contact has not seen your answer to the invitation yet",
      "try again when they have been online",
    );
  }
  return MailboxAddress.parseUntrusted(contact.peerAddress);
}

/** A contact after one body was sealed, and the envelope for the other side's mailbox. */
export interface SealedBody {
  readonly contact: Contact;
  readonly envelope: Bytes;
}

/** Throw `RefusedError` where the own turn holds so many messages (spec/ratchet.md §2). */
export function requireRoom(contact: Contact, most = TURN_MOST): void {
  if (turnLength(contact.ratchet) < most) return;
  throw new RefusedError(
    `this contact has not been online since your last ${most} messages`,
    "wait until they have been online",
  );
}

/** Note what a contact says that its program understands; what cannot be read says nothing. */
export function withAbilities(contact: Contact, body: Bytes): Contact {
  try {
    return { ...contact, abilities: Able.parseUntrusted(body).abilities };
  } catch (error) {
    if (error instanceof WireError) return contact;
    throw error;
  }
}

/**
 * Seal one body as an envelope for the other side's mailbox.
 *
 * Throws `RefusedError` before the welcome, and where the own turn is full (§2). Commit the new record and the envelope together, and
 * resend the stored envelope instead of sealing again.
 */
export async function sealBody(
  contact: Contact,
  kind: BodyKind,
  body: Bytes,
  rng: Rng,
): Promise<SealedBody> {
  const to = destination(contact);
  requireRoom(contact, FOR_CALLS.has(kind) ? TURN_MOST : TURN_MOST - KEPT_FOR_CALLS);
  const { state, message } = await send(contact.ratchet, joinBody(kind, body), rng);
  const envelope = await sealEnvelope(to.outer, to.mailbox, message, rng(SALT_BYTES));
  return { contact: { ...contact, ratchet: state }, envelope };
}

/** A contact after one envelope was opened, and what was in it. */
export interface OpenedBody {
  readonly contact: Contact;
  /** Perhaps none of `BodyKind`: a later version may have more. */
  readonly kind: number;
  readonly body: Bytes;
}

/**
 * Open an envelope out of this contact's mailbox.
 *
 * Throws `WireError` when the outer layer fails (noise, to be counted), `OutOfStepError` when only
 * the inner one does (spec/ratchet.md §4). `now` is in Unix seconds.
 */
export async function openEnvelope(
  contact: Contact,
  envelope: Bytes,
  now: number,
): Promise<OpenedBody> {
  const { outer, mailbox } = contact.address;
  const message = await openEnvelopeUntrusted(outer, mailbox, envelope);
  try {
    const { state, body } = await receiveUntrusted(contact.ratchet, message, now);
    // An authentic body without a kind is of no kind that this version knows.
    return { contact: { ...contact, ratchet: state }, kind: body[0] ?? 0, body: body.slice(1) };
  } catch (error) {
    if (error instanceof WireError) throw outOfStep();
    throw error;
  }
}

/** Say what out of step means to a person, and the way back. */
export function outOfStep(): OutOfStepError {
  return new OutOfStepError(
    "the keys of this contact are out of step: one of you works with an old copy",
    "send them a new invitation, by another way than this contact",
  );
}

/** Throw why this contact cannot be called. */
export function requireCallable(contact: Contact): void {
  switch (contact.standing) {
    case Standing.CONFIRMED:
    case Standing.WELCOMED:
      return;
    case Standing.WAITING:
      destination(contact);
      return;
    case Standing.OUT_OF_STEP:
      throw outOfStep();
  }
}
