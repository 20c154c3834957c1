/** Invite, accept, welcome and refuse: how two strangers become contacts (spec/invitation.md). */

import { openEnvelopeUntrusted, sealEnvelope } from "../crypto/envelope";
import {
  type AcceptOpened,
  type AcceptReply,
  contactSecrets,
  invitationId,
  openAcceptUntrusted,
  sealAccept,
  sealBundle,
  signRefused,
  signWelcome,
  verifyRefusedUntrusted,
  verifyWelcomeUntrusted,
} from "../crypto/invitation";
import { keyPair } from "../crypto/kem";
import { EMPTY, type Rng } from "../crypto/keySchedule";
import { initiatorState, responderState, send } from "../crypto/ratchet";
import { SigningKey } from "../crypto/signatures";
import { TrustError, WireError } from "../errors";
import { type Bytes, equal, hex } from "../wire/bytes";
import { BodyKind, RefusedReason } from "../wire/codes";
import { AcceptBody, Bundle, Refused, Welcome } from "../wire/invitation";
import { MailboxAddress } from "../wire/mailbox";
import { joinBody } from "../wire/ratchet";
import { type Of, bytes, structure, text, uint } from "../wire/structure";
import { type Contact, type Inbox, type SealedBody, Standing, address, destination } from "./contact";

const ID_BYTES = 16;
const KEY_BYTES = 32;
const CONTACT_ID_BYTES = 8;
const SALT_BYTES = 32;

/** Make the keys of a mailbox that does not exist yet. */
export function newInbox(rng: Rng): Inbox {
  const made = { mailbox: rng(ID_BYTES), cap: rng(KEY_BYTES), outer: rng(KEY_BYTES) };
  return { address: made, readSeed: rng(KEY_BYTES) };
}

/** One invitation that nobody has used yet, as the inviter stores it; also an `Inbox`. */
const InvitationRecord = structure(
  "invitation",
  {
    linkHash: bytes(1, 32),
    name: text(2, 256),
    homeId: text(3, 64),
    kemSeed: bytes(4, 32),
    identitySeed: bytes(5, 32),
    address: address(6),
    readSeed: bytes(7, 32),
    /** Unix seconds, by the home's clock. */
    expiry: uint(8),
  },
  { versioned: true, isOwn: true },
);
export type Invitation = Of<typeof InvitationRecord>;

/** Write an invitation down for the store; as secret as the keys in it. */
export function encodeInvitation(invitation: Invitation): Bytes {
  return InvitationRecord.encode(invitation);
}

/** Read a stored invitation back; damaged bytes throw `WireError`. */
export function decodeInvitation(data: Bytes): Invitation {
  return InvitationRecord.parseUntrusted(data);
}

/** Give the id under which the home keeps the bundle. */
export function bundleId(invitation: Invitation): Bytes {
  return invitationId(invitation.linkHash);
}

/** What an inviter chooses; `inbox` exists at the home already. */
export interface InvitationPlan {
  readonly name: string;
  readonly homeId: string;
  readonly signedDescriptor: Bytes;
  readonly voucher: Bytes;
  readonly inbox: Inbox;
  readonly expiry: number;
}

/** Make an invitation, and the blob that is published at the home. */
export async function makeInvitation(
  plan: InvitationPlan,
  rng: Rng,
): Promise<{ readonly invitation: Invitation; readonly blob: Bytes }> {
  const { name, homeId, inbox, expiry } = plan;
  const [kemSeed, identitySeed] = [rng(KEY_BYTES), rng(KEY_BYTES)];
  const bundle = Bundle.encode({
    home: plan.signedDescriptor,
    voucher: plan.voucher,
    ...inbox.address,
    kemKey: (await keyPair(kemSeed)).publicKey,
    idKey: (await SigningKey.fromSeed(identitySeed)).publicKey,
    expiry,
    random: rng(KEY_BYTES),
  });
  const { linkHash, blob } = await sealBundle(bundle);
  const invitation = { linkHash, name, homeId, kemSeed, identitySeed, ...inbox, expiry };
  return { invitation, blob };
}

/**
 * Accept: the waiting contact, and the envelope for the invitation's mailbox.
 *
 * The contact's mailbox must be made at the home (with the bundle's voucher) before the envelope is
 * put.
 */
export async function acceptBundle(
  bundle: Bundle,
  linkHash: Bytes,
  name: string,
  homeId: string,
  rng: Rng,
): Promise<SealedBody> {
  const identity = await SigningKey.fromSeed(rng(KEY_BYTES));
  const pair = await keyPair(rng(KEY_BYTES));
  const seed0 = rng(KEY_BYTES);
  const inbox = newInbox(rng);
  const body = AcceptBody.encode({
    seed0,
    idKey: identity.publicKey,
    kemKey: pair.publicKey,
    mailbox: MailboxAddress.encode(inbox.address),
  });
  const { sealed, ctx } = await sealAccept(bundle.kemKey, linkHash, body, identity);
  const envelope = await sealEnvelope(bundle.outer, bundle.mailbox, sealed, rng(SALT_BYTES));
  const { root0, sid } = contactSecrets(seed0, ctx);
  const contact: Contact = {
    id: rng(CONTACT_ID_BYTES),
    name,
    homeId,
    standing: Standing.WAITING,
    identitySeed: identity.seed,
    peerIdentity: bundle.idKey,
    ratchet: responderState(sid, root0, identity.publicKey, bundle.idKey, pair),
    ...inbox,
    ctx,
    peerAddress: EMPTY,
    invitation: invitationId(linkHash),
    verified: false,
    suspected: false,
    changed: false,
    writer: EMPTY,
    putNumber: 0,
    abilities: [],
    warned: false,
    voucher: bundle.voucher,
  };
  return { contact, envelope };
}

/** One refusal to put into the mailbox of somebody who came too late. */
export interface Refusal {
  readonly to: MailboxAddress;
  readonly envelope: Bytes;
}

/** One envelope of an invitation's mailbox; `age` in seconds. */
export interface AcceptArrived {
  readonly envelope: Bytes;
  readonly age: number;
}

/** What came out of an invitation's mailbox. */
export interface Drained {
  /** The new contact, whose record counts the welcome as sent, and the welcome. */
  readonly welcomed: SealedBody | null;
  readonly refusals: readonly Refusal[];
  /** Envelopes that were no valid accept. */
  readonly noise: number;
}

/**
 * Take all accepts that lie in the mailbox, oldest first.
 *
 * The first valid one becomes the contact; the others are refused. `now` is the home's clock.
 */
export async function drain(
  invitation: Invitation,
  accepts: readonly AcceptArrived[],
  now: number,
  rng: Rng,
): Promise<Drained> {
  let welcomed: SealedBody | null = null;
  let noise = 0;
  const taken = new Set<string>();
  const refusals: Refusal[] = [];
  for (const { envelope, age } of accepts) {
    const accept = await acceptOrNull(invitation, envelope);
    if (accept === null) {
      noise += 1;
      continue;
    }
    // The same acceptance again: refusing it would refuse whom it welcomes.
    if (taken.has(hex(accept.ctx))) continue;
    taken.add(hex(accept.ctx));
    if (now - age > invitation.expiry) {
      refusals.push(await refuse(invitation, accept, RefusedReason.EXPIRED, rng));
    } else if (welcomed !== null) {
      refusals.push(await refuse(invitation, accept, RefusedReason.USED, rng));
    } else {
      welcomed = await welcome(invitation, accept, rng);
    }
  }
  return { welcomed, refusals, noise };
}

async function acceptOrNull(
  invitation: Invitation,
  envelope: Bytes,
): Promise<AcceptOpened | null> {
  try {
    const { outer, mailbox } = invitation.address;
    const sealed = await openEnvelopeUntrusted(outer, mailbox, envelope);
    const pair = await keyPair(invitation.kemSeed);
    return await openAcceptUntrusted(pair, invitation.linkHash, sealed);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

async function welcome(
  invitation: Invitation,
  accept: AcceptOpened,
  rng: Rng,
): Promise<SealedBody> {
  const identity = await SigningKey.fromSeed(invitation.identitySeed);
  const contact = invitersContact(invitation, accept, identity, rng);
  const mailbox = MailboxAddress.encode(contact.address);
  const signature = await signWelcome(identity, replyTo(contact), mailbox);
  const body = Welcome.encode({ ctx: accept.ctx, mailbox, signature });
  return sealFirst(contact, BodyKind.WELCOME, body, rng);
}

async function refuse(
  invitation: Invitation,
  accept: AcceptOpened,
  reason: RefusedReason,
  rng: Rng,
): Promise<Refusal> {
  const identity = await SigningKey.fromSeed(invitation.identitySeed);
  const contact = invitersContact(invitation, accept, identity, rng);
  const signature = await signRefused(identity, replyTo(contact), reason);
  const body = Refused.encode({ ctx: accept.ctx, reason, signature });
  const { envelope } = await sealFirst(contact, BodyKind.REFUSED, body, rng);
  return { to: destination(contact), envelope };
}

function invitersContact(
  invitation: Invitation,
  { accept, ctx }: AcceptOpened,
  identity: SigningKey,
  rng: Rng,
): Contact {
  const { root0, sid } = contactSecrets(accept.seed0, ctx);
  return {
    id: rng(CONTACT_ID_BYTES),
    name: invitation.name,
    homeId: invitation.homeId,
    standing: Standing.WELCOMED,
    identitySeed: identity.seed,
    peerIdentity: accept.idKey,
    ratchet: initiatorState(sid, root0, identity.publicKey, accept.idKey, accept.kemKey),
    ...newInbox(rng),
    ctx,
    peerAddress: accept.mailbox,
    invitation: EMPTY,
    verified: false,
    suspected: false,
    changed: false,
    writer: EMPTY,
    putNumber: 0,
    abilities: [],
    warned: false,
    voucher: EMPTY,
  };
}

/** Say what the inviter's signature covers, as the inviter sees it. */
function replyTo({ ratchet, ctx, peerIdentity, peerAddress }: Contact): AcceptReply {
  const { sid, myId } = ratchet;
  return { sid, ctx, idA: myId, idB: peerIdentity, mailboxB: peerAddress };
}

/** Say what the inviter's signature must cover, as the acceptor sees it. */
function replyExpected(contact: Contact): AcceptReply {
  const { sid, myId } = contact.ratchet;
  const mailboxB = MailboxAddress.encode(contact.address);
  return { sid, ctx: contact.ctx, idA: contact.peerIdentity, idB: myId, mailboxB };
}

async function sealFirst(
  contact: Contact,
  kind: BodyKind,
  body: Bytes,
  rng: Rng,
): Promise<SealedBody> {
  const { state, message } = await send(contact.ratchet, joinBody(kind, body), rng);
  const to = destination(contact);
  const envelope = await sealEnvelope(to.outer, to.mailbox, message, rng(SALT_BYTES));
  return { contact: { ...contact, ratchet: state }, envelope };
}

/** Confirm the contact on the inviter's welcome; `TrustError` when it was altered. */
export async function takeWelcome(contact: Contact, body: Bytes): Promise<Contact> {
  try {
    const said = Welcome.parseUntrusted(body);
    checkCtxUntrusted(contact, said.ctx);
    await verifyWelcomeUntrusted(replyExpected(contact), said.mailbox, said.signature);
    return {
      ...contact,
      standing: Standing.CONFIRMED,
      peerAddress: said.mailbox,
      invitation: EMPTY,
      voucher: EMPTY,
    };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new TrustError(
      "the welcome was altered on its way",
      "ask for a new invitation, by another way",
    );
  }
}

function checkCtxUntrusted(contact: Contact, ctx: Bytes): void {
  if (!equal(ctx, contact.ctx)) throw new WireError("this answers another acceptance");
}

/** Check the inviter's refusal and give its reason; `TrustError` when it was altered. */
export async function takeRefused(contact: Contact, body: Bytes): Promise<"used" | "expired"> {
  try {
    const said = Refused.parseUntrusted(body);
    checkCtxUntrusted(contact, said.ctx);
    await verifyRefusedUntrusted(replyExpected(contact), said.reason, said.signature);
    return said.reason === RefusedReason.EXPIRED ? "expired" : "used";
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new TrustError(
      "the answer to your acceptance was altered on its way",
      "ask for a new invitation",
    );
  }
}
