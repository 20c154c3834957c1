/** Seal a message to a public key with HPKE over X-Wing (spec/handshake.md §4). */

import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";

import { WireError } from "../errors";
import { type Bytes, concat, own } from "../wire/bytes";
import { type Label, info } from "./keySchedule";
import { littleEndian } from "./signatures";

export const SEED_SIZE = 32;
export const PUBLIC_SIZE = 1216;
export const ENC_SIZE = 1120;
export const SEAL_OVERHEAD = ENC_SIZE + 16;

const MLKEM_PUBLIC_SIZE = 1184;
const MLKEM_VECTOR_SIZE = 1152;
const MLKEM_MODULUS = 3329;
const P = 2n ** 255n - 19n;
const LOW_255_BITS = 2n ** 255n - 1n;

// RFC 7748 §6.1 leaves the check of the shared secret to the protocol; these are the u-coordinates
// (modulo p) of all points whose order divides 8, on the curve and on its twist.
const SMALL_ORDER_U: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  P - 1n,
]);

const KEM = new XWing();
const SUITE = new CipherSuite({ kem: KEM, kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** One X-Wing key pair; the 32-byte seed is all that is ever stored of it. */
export interface KemKeyPair {
  readonly seed: Bytes;
  readonly publicKey: Bytes;
  readonly privateKey: CryptoKey;
}

/** Expand a 32-byte seed into its key pair. */
export async function keyPair(seed: Bytes): Promise<KemKeyPair> {
  if (seed.length !== SEED_SIZE) {
    throw new RangeError(`the seed has ${seed.length} bytes, not ${SEED_SIZE}`);
  }
  const kept = own(seed);
  const pair = await KEM.generateKeyPairDerand(kept);
  const publicKey = new Uint8Array(await KEM.serializePublicKey(pair.publicKey));
  return { seed: kept, publicKey, privateKey: pair.privateKey };
}

/**
 * Seal to a foreign public key; the result is 1136 bytes longer than the plaintext.
 *
 * The randomness is the library's own. A public key that cannot be used throws `WireError`: it came
 * from a peer. `ekm` (64 bytes) derandomises the encapsulation, for vectors alone.
 */
export async function seal(
  publicKey: Bytes,
  plaintext: Bytes,
  label: Label,
  ctx: Bytes,
  ekm?: Bytes,
): Promise<Bytes> {
  checkPublicUntrusted(publicKey);
  const recipientPublicKey = await KEM.deserializePublicKey(own(publicKey));
  const params = { recipientPublicKey, info: info(label, ctx) };
  const sender = await SUITE.createSenderContext(ekm === undefined ? params : { ...params, ekm });
  const ciphertext = await sender.seal(plaintext);
  return concat(new Uint8Array(sender.enc), new Uint8Array(ciphertext));
}

/** Open what was sealed to this pair for this purpose, or throw `WireError`. */
export async function openUntrusted(
  pair: KemKeyPair,
  sealed: Bytes,
  label: Label,
  ctx: Bytes,
): Promise<Bytes> {
  if (sealed.length < SEAL_OVERHEAD) throw new WireError("bad message: too short to be sealed");
  refuseSmallOrder(sealed.slice(ENC_SIZE - 32, ENC_SIZE));
  try {
    const recipient = await SUITE.createRecipientContext({
      recipientKey: pair.privateKey,
      enc: sealed.slice(0, ENC_SIZE),
      info: info(label, ctx),
    });
    return new Uint8Array(await recipient.open(sealed.slice(ENC_SIZE)));
  } catch {
    throw new WireError("bad message: it does not open");
  }
}

/** Throw `WireError` unless `seal` could use this public key. */
export function checkPublicUntrusted(publicKey: Bytes): void {
  if (publicKey.length !== PUBLIC_SIZE) {
    throw new WireError(`bad message: a public key has ${PUBLIC_SIZE} bytes`);
  }
  refuseSmallOrder(publicKey.slice(MLKEM_PUBLIC_SIZE));
  if (!isReduced(publicKey.subarray(0, MLKEM_VECTOR_SIZE))) {
    throw new WireError("bad message: this public key cannot be used");
  }
}

/** Make the modulus check of FIPS 203 §7.2: every 12-bit coefficient is below q. */
function isReduced(vector: Bytes): boolean {
  for (let at = 0; at < vector.length; at += 3) {
    const [a = 0, b = 0, c = 0] = vector.subarray(at, at + 3);
    const [first, second] = [a | ((b & 15) << 8), (b >> 4) | (c << 4)];
    if (first >= MLKEM_MODULUS || second >= MLKEM_MODULUS) return false;
  }
  return true;
}

/** Throw `WireError` where X25519 would give zero whatever the private key. */
function refuseSmallOrder(share: Bytes): void {
  if (SMALL_ORDER_U.has((littleEndian(share) & LOW_255_BITS) % P)) {
    throw new WireError("bad message: an X25519 share of small order");
  }
}
