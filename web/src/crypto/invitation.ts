/** Make one contact out of one link (spec/invitation.md §2, §3). */

import { WireError } from "../errors";
import { type Bytes, concat, equal } from "../wire/bytes";
import { AcceptBody } from "../wire/invitation";
import { TAG_SIZE, gcmOpenUntrusted, gcmSeal } from "./aead";
import * as kem from "./kem";
import type { KemKeyPair } from "./kem";
import { EMPTY, Label, h, kdf, taggedHash } from "./keySchedule";
import { bucket, pad, unpadUntrusted } from "./padding";
import { SIGNATURE_SIZE, type SigningKey, verifyUntrusted } from "./signatures";

export const BUNDLE_SIZES = [4096, 16_384] as const;
export const INVITATION_ID_SIZE = 16;
const ZERO_NONCE: Bytes = new Uint8Array(12);
const KEY_SIZE = 32;

/** What the inviter publishes, and the hash that goes into the link. */
export interface SealedBundle {
  readonly linkHash: Bytes;
  readonly id: Bytes;
  readonly blob: Bytes;
}

/** An accept as it travels, and its `ctx`, to which everything after it is bound. */
export interface SealedAccept {
  readonly sealed: Bytes;
  readonly ctx: Bytes;
}

/** What both sides of a new contact share: the ratchet's first root and a name. */
export interface ContactSecrets {
  readonly root0: Bytes;
  readonly sid: Bytes;
}

/** An accept whose signature holds. */
export interface AcceptOpened {
  readonly body: Bytes;
  readonly accept: AcceptBody;
  readonly signature: Bytes;
  readonly ctx: Bytes;
}

/** What the inviter's signature on a welcome or a refusal covers, whoever checks it. */
export interface AcceptReply {
  readonly sid: Bytes;
  readonly ctx: Bytes;
  readonly idA: Bytes;
  readonly idB: Bytes;
  /** The acceptor's mailbox address, as the accept carried it. */
  readonly mailboxB: Bytes;
}

/** Give L, the 32 bytes that an invitation link carries. */
export function bundleHash(bundle: Bytes): Bytes {
  return taggedHash(Label.BUNDLE, bundle);
}

/** Give the id under which the home keeps the blob. */
export function invitationId(linkHash: Bytes): Bytes {
  return kdf(linkHash, EMPTY, Label.INVITE_ID, INVITATION_ID_SIZE);
}

/**
 * Encrypt a bundle under its own hash, so that only who has the link can read it.
 *
 * It is padded to the smallest of `sizes` that fits; `UsageError` when none does.
 */
export async function sealBundle(
  bundle: Bytes,
  sizes: readonly number[] = BUNDLE_SIZES,
): Promise<SealedBundle> {
  const linkHash = bundleHash(bundle);
  const id = invitationId(linkHash);
  const padded = pad(bundle, bucket(bundle.length, sizes));
  // The zero nonce is safe: this key belongs to this one plaintext.
  return { linkHash, id, blob: await gcmSeal(bundleKey(linkHash), ZERO_NONCE, padded, id) };
}

/**
 * Open a blob with the hash of a link, or throw `WireError`.
 *
 * L is computed again: AES-GCM does not commit to its key, a hash does.
 */
export async function openBundleUntrusted(linkHash: Bytes, blob: Bytes): Promise<Bytes> {
  if (!BUNDLE_SIZES.some((size) => size === blob.length - TAG_SIZE)) {
    throw new WireError(`bad message: no invitation has ${blob.length} bytes`);
  }
  const id = invitationId(linkHash);
  const padded = await gcmOpenUntrusted(bundleKey(linkHash), ZERO_NONCE, blob, id);
  const bundle = unpadUntrusted(padded);
  if (!equal(bundleHash(bundle), linkHash)) {
    throw new WireError("bad message: the invitation is not the one of the link");
  }
  return bundle;
}

/** Sign an accept body with the new contact identity and seal it to the inviter. */
export async function sealAccept(
  invitationKey: Bytes,
  linkHash: Bytes,
  acceptBody: Bytes,
  key: SigningKey,
): Promise<SealedAccept> {
  const signature = await key.sign(Label.ACCEPT, h(linkHash, acceptBody));
  const signed = concat(acceptBody, signature);
  const sealed = await kem.seal(invitationKey, signed, Label.ACCEPT, linkHash);
  return { sealed, ctx: acceptCtx(linkHash, signed) };
}

/** Open and check what came into an invitation's mailbox, or throw `WireError`. */
export async function openAcceptUntrusted(
  pair: KemKeyPair,
  linkHash: Bytes,
  sealed: Bytes,
): Promise<AcceptOpened> {
  const signed = await kem.openUntrusted(pair, sealed, Label.ACCEPT, linkHash);
  const body = signed.slice(0, -SIGNATURE_SIZE);
  const signature = signed.slice(-SIGNATURE_SIZE);
  const accept = AcceptBody.parseUntrusted(body);
  await verifyUntrusted(accept.idKey, Label.ACCEPT, h(linkHash, body), signature);
  kem.checkPublicUntrusted(accept.kemKey);
  return { body, accept, signature, ctx: acceptCtx(linkHash, signed) };
}

/** Name one accept of one invitation; `signed` is its body with its signature. */
export function acceptCtx(linkHash: Bytes, signed: Bytes): Bytes {
  return h(linkHash, signed);
}

/** Derive what the two sides share from the accept's seed. */
export function contactSecrets(seed0: Bytes, ctx: Bytes): ContactSecrets {
  return {
    root0: kdf(seed0, ctx, Label.ROOT0, KEY_SIZE),
    sid: kdf(seed0, ctx, Label.SID, KEY_SIZE),
  };
}

/** Sign the welcome of the one accept that won. */
export function signWelcome(
  key: SigningKey,
  reply: AcceptReply,
  mailboxA: Bytes,
): Promise<Bytes> {
  return key.sign(Label.WELCOME, replyHash(reply, mailboxA));
}

/** Throw `WireError` unless the inviter's identity welcomed exactly this accept. */
export function verifyWelcomeUntrusted(
  reply: AcceptReply,
  mailboxA: Bytes,
  signature: Bytes,
): Promise<void> {
  return verifyUntrusted(reply.idA, Label.WELCOME, replyHash(reply, mailboxA), signature);
}

/** Sign the refusal of an accept (reasons: spec/registry.md §5). */
export function signRefused(key: SigningKey, reply: AcceptReply, reason: number): Promise<Bytes> {
  return key.sign(Label.REFUSED, replyHash(reply, reason));
}

/** Throw `WireError` unless the inviter's identity refused exactly this accept. */
export function verifyRefusedUntrusted(
  reply: AcceptReply,
  reason: number,
  signature: Bytes,
): Promise<void> {
  return verifyUntrusted(reply.idA, Label.REFUSED, replyHash(reply, reason), signature);
}

function replyHash({ sid, ctx, idA, idB, mailboxB }: AcceptReply, last: Bytes | number): Bytes {
  return h(sid, ctx, idA, idB, mailboxB, last);
}

function bundleKey(linkHash: Bytes): Bytes {
  return kdf(linkHash, EMPTY, Label.INVITE_KEY, KEY_SIZE);
}
