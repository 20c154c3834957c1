/**
 * Sign what opens a call and derive its keys (spec/call.md §1 to §3).
 *
 * "offer" and "answer" are always the received bytes of the signed structure: nothing is hashed or
 * verified that was encoded again.
 */

import { WireError } from "../errors";
import { type Bytes, concat, equal, utf8 } from "../wire/bytes";
import { AnswerBody, OfferBody, Signed } from "../wire/call";
import * as kem from "./kem";
import type { KemKeyPair } from "./kem";
import { EMPTY, Label, h, kdf } from "./keySchedule";
import { type SigningKey, verifyUntrusted } from "./signatures";

export const KEY_SIZE = 32;

/** Who calls whom, in which contact. Roles are per call, whatever the ratchet's. */
export interface Parties {
  readonly sid: Bytes;
  readonly idCaller: Bytes;
  readonly idCallee: Bytes;
}

/** One key for each direction; a is the caller, b the callee. */
export interface Directional {
  readonly aToB: Bytes;
  readonly bToA: Bytes;
}

/** Everything that both sides derive from one offer and its answer. */
export interface CallKeys {
  readonly sig: Directional;
  readonly sframe: Directional;
  /** K, from which the others come. */
  readonly secret: Bytes;
  readonly transcript: Bytes;
  readonly context: Bytes;
}

/** Bind keys and emoji to the contact and to both identities. */
export function callContext({ sid, idCaller, idCallee }: Parties): Bytes {
  return h(sid, idCaller, idCallee);
}

/** Commit the caller to its nonce, so that it cannot choose the emoji. */
export function commitment(callId: Bytes, nA: Bytes): Bytes {
  return h(utf8(Label.COMMITMENT), callId, nA);
}

/** Throw `WireError` unless this nonce is the one that the offer committed to. */
export function checkRevealUntrusted(callId: Bytes, nA: Bytes, committed: Bytes): void {
  if (!equal(commitment(callId, nA), committed)) {
    throw new WireError("bad message: the reveal is not what the offer committed to");
  }
}

/** Sign the body of an offer as its caller; give the signed structure's bytes. */
export async function signOffer(key: SigningKey, parties: Parties, body: Bytes): Promise<Bytes> {
  return Signed.encode({ body, signature: await key.sign(Label.OFFER, offerHash(parties, body)) });
}

/** Open an offer that the caller signed for this callee, or throw `WireError`. */
export async function verifyOfferUntrusted(parties: Parties, offer: Bytes): Promise<OfferBody> {
  const signed = Signed.parseUntrusted(offer);
  const digest = offerHash(parties, signed.body);
  await verifyUntrusted(parties.idCaller, Label.OFFER, digest, signed.signature);
  const body = OfferBody.parseUntrusted(signed.body);
  kem.checkPublicUntrusted(body.kemKey);
  return body;
}

/** Sign the body of an answer as the callee; give the signed structure's bytes. */
export async function signAnswer(
  key: SigningKey,
  parties: Parties,
  offer: Bytes,
  body: Bytes,
): Promise<Bytes> {
  const signature = await key.sign(Label.ANSWER, answerHash(parties, offer, body));
  return Signed.encode({ body, signature });
}

/** Open an answer that the callee signed to this very offer, or throw `WireError`. */
export async function verifyAnswerUntrusted(
  parties: Parties,
  offer: Bytes,
  answer: Bytes,
): Promise<AnswerBody> {
  const signed = Signed.parseUntrusted(answer);
  const digest = answerHash(parties, offer, signed.body);
  await verifyUntrusted(parties.idCallee, Label.ANSWER, digest, signed.signature);
  const body = AnswerBody.parseUntrusted(signed.body);
  const offered = OfferBody.parseUntrusted(Signed.parseUntrusted(offer).body);
  if (!equal(body.callId, offered.callId)) {
    throw new WireError("bad message: the answer names another call than its offer");
  }
  return body;
}

/** Derive the keys of control messages before the answer. */
export function ringKeys(sA: Bytes, offer: Bytes): Directional {
  const salt = h(offer);
  return {
    aToB: kdf(sA, salt, Label.RING_A_TO_B, KEY_SIZE),
    bToA: kdf(sA, salt, Label.RING_B_TO_A, KEY_SIZE),
  };
}

/** Encapsulate the callee's seed to the key of the offer. */
export function sealCallSeed(
  callKey: Bytes,
  seed: Bytes,
  sid: Bytes,
  offer: Bytes,
): Promise<Bytes> {
  return kem.seal(callKey, seed, Label.CALL, h(sid, offer));
}

/** Open the callee's seed as the caller, or throw `WireError`. */
export async function openCallSeedUntrusted(
  pair: KemKeyPair,
  ct: Bytes,
  sid: Bytes,
  offer: Bytes,
): Promise<Bytes> {
  const seed = await kem.openUntrusted(pair, ct, Label.CALL, h(sid, offer));
  if (seed.length !== KEY_SIZE) {
    throw new WireError(`bad message: a seed has ${KEY_SIZE} bytes, not ${seed.length}`);
  }
  return seed;
}

/** Derive all keys of an answered call. */
export function callSecret(
  seed: Bytes,
  sA: Bytes,
  offer: Bytes,
  answer: Bytes,
  sid: Bytes,
  idCaller: Bytes,
  idCallee: Bytes,
): CallKeys {
  const [transcript, context] = [h(offer, answer), callContext({ sid, idCaller, idCallee })];
  const secret = kdf(concat(seed, sA), transcript, Label.CALL, KEY_SIZE, context);
  const derive = (aToB: Label, bToA: Label): Directional => ({
    aToB: kdf(secret, EMPTY, aToB, KEY_SIZE),
    bToA: kdf(secret, EMPTY, bToA, KEY_SIZE),
  });
  return {
    sig: derive(Label.SIGNALLING_A_TO_B, Label.SIGNALLING_B_TO_A),
    sframe: derive(Label.SFRAME_A_TO_B, Label.SFRAME_B_TO_A),
    secret,
    transcript,
    context,
  };
}

/** Say whether the own offer wins when both called at once (spec/call.md §6). */
export function offerWins(ownBody: Bytes, peerBody: Bytes): boolean {
  const [own, peer] = [h(ownBody), h(peerBody)];
  const at = own.findIndex((byte, index) => byte !== peer[index]);
  return (own[at] ?? 0) < (peer[at] ?? 0);
}

function offerHash({ sid, idCaller, idCallee }: Parties, body: Bytes): Bytes {
  return h(sid, idCaller, idCallee, body);
}

function answerHash({ sid, idCaller, idCallee }: Parties, offer: Bytes, body: Bytes): Bytes {
  return h(sid, idCallee, idCaller, offer, body);
}
