/** Sign 32-byte hashes with Ed25519 and verify strictly (spec/handshake.md §5). */

import { WireError } from "../errors";
import { type Bytes, concat, hex } from "../wire/bytes";
import { type Ed25519, ed25519Here } from "./ed25519";
import { type Label, info } from "./keySchedule";

export const PUBLIC_SIZE = 32;
export const SIGNATURE_SIZE = 64;

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const LOW_255_BITS = 2n ** 255n - 1n;

/** spec/registry.md §6, in its order. */
export const SMALL_ORDER_ENCODINGS: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]);

/** One Ed25519 key pair; its 32-byte seed is the private key of RFC 8032. */
export class SigningKey {
  readonly #backend: Ed25519;

  private constructor(
    readonly seed: Bytes,
    readonly publicKey: Bytes,
    backend: Ed25519,
  ) {
    this.#backend = backend;
  }

  /** Expand a seed into its key pair; `backend` is for tests. */
  static async fromSeed(seed: Bytes, backend?: Ed25519): Promise<SigningKey> {
    if (seed.length !== 32) throw new RangeError(`the seed has ${seed.length} bytes, not 32`);
    const chosen = backend ?? (await ed25519Here());
    return new SigningKey(seed, await chosen.publicKey(seed), chosen);
  }

  /** Sign one hash for one purpose; 64 bytes. */
  async sign(label: Label, hash32: Bytes): Promise<Bytes> {
    if (hash32.length !== 32) {
      throw new RangeError(`only hashes are signed, and this has ${hash32.length} bytes`);
    }
    return this.#backend.sign(this.seed, concat(info(label), hash32));
  }
}

/**
 * Return when the signature holds, throw `WireError` otherwise.
 *
 * Small-order and non-canonical points are refused before any arithmetic: under a small-order key
 * WebCrypto and noble's default accept a trivial signature over every message.
 */
export async function verifyUntrusted(
  publicKey: Bytes,
  label: Label,
  hash32: Bytes,
  signature: Bytes,
  backend?: Ed25519,
): Promise<void> {
  if (publicKey.length !== PUBLIC_SIZE || signature.length !== SIGNATURE_SIZE) {
    throw new WireError("bad message: a key or signature of the wrong length");
  }
  refusePoint(publicKey);
  refusePoint(signature.slice(0, 32));
  if (littleEndian(signature.slice(32)) >= L) {
    throw new WireError("bad message: a signature that is not reduced");
  }
  const chosen = backend ?? (await ed25519Here());
  if (!(await chosen.verify(publicKey, concat(info(label), hash32), signature))) {
    throw new WireError("bad message: the signature does not hold");
  }
}

function refusePoint(encoded: Bytes): void {
  if (SMALL_ORDER_ENCODINGS.has(hex(encoded)) || (littleEndian(encoded) & LOW_255_BITS) >= P) {
    throw new WireError("bad message: a point that no honest key has");
  }
}

/** Read 32 bytes as a number, least significant first. */
export function littleEndian(bytes: Bytes): bigint {
  return BigInt(`0x${hex(bytes.toReversed())}`);
}
