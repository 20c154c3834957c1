/** Sealing to a public key, and the keys and shares that must be refused. */

import fc from "fast-check";
import { expect, test } from "vitest";

import * as kem from "../../src/crypto/kem";
import { Label, h } from "../../src/crypto/keySchedule";
import { WireError } from "../../src/errors";
import { type Bytes, unhex } from "../../src/wire/bytes";
import { damaged, dice, onlyWireError } from "../noise";

const CTX = h(Uint8Array.of(7));
const TEXT = Uint8Array.of(1, 2, 3);

// The eight u-coordinates of small order and their non-canonical twins, least significant first.
const SMALL_SHARES = [
  "00".repeat(32),
  "01" + "00".repeat(31),
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ec" + "ff".repeat(30) + "7f",
  "ed" + "ff".repeat(30) + "7f",
  "ee" + "ff".repeat(30) + "7f",
  // The highest bit is ignored by X25519.
  "00".repeat(31) + "80",
  "01" + "00".repeat(30) + "80",
];

function withShare(data: Bytes, at: number, share: string): Bytes {
  const changed = new Uint8Array(data);
  changed.set(unhex(share), at);
  return changed;
}

test("what is sealed opens with its key, label and context alone", async () => {
  const [pair, other] = [await kem.keyPair(dice()(32)), await kem.keyPair(dice(2)(32))];
  const sealed = await kem.seal(pair.publicKey, TEXT, Label.CALL, CTX);
  expect(sealed.length).toBe(TEXT.length + kem.SEAL_OVERHEAD);
  expect(await kem.openUntrusted(pair, sealed, Label.CALL, CTX)).toEqual(TEXT);
  await expect(kem.openUntrusted(other, sealed, Label.CALL, CTX)).rejects.toThrow(WireError);
  await expect(kem.openUntrusted(pair, sealed, Label.TURN, CTX)).rejects.toThrow(WireError);
  await expect(kem.openUntrusted(pair, sealed, Label.CALL, h(CTX))).rejects.toThrow(WireError);
});

test("two seals of one text differ", async () => {
  const { publicKey } = await kem.keyPair(dice()(32));
  const seal = (): Promise<Bytes> => kem.seal(publicKey, TEXT, Label.CALL, CTX);
  expect(await seal()).not.toEqual(await seal());
});

// With such a share the classical half is zero whatever the private key: only ML-KEM would protect.
test.each(SMALL_SHARES)("the share %s is refused in keys and in seals", async (share) => {
  const pair = await kem.keyPair(dice()(32));
  const weak = withShare(pair.publicKey, 1184, share);
  expect(() => {
    kem.checkPublicUntrusted(weak);
  }).toThrow(/small order/);
  await expect(kem.seal(weak, TEXT, Label.CALL, CTX)).rejects.toThrow(/small order/);
  const sealed = await kem.seal(pair.publicKey, TEXT, Label.CALL, CTX);
  const changed = withShare(sealed, 1088, share);
  await expect(kem.openUntrusted(pair, changed, Label.CALL, CTX)).rejects.toThrow(/small order/);
});

// FIPS 203 §7.2: an encapsulation to such a key may give its private part away.
test.each([0, 1, 767])("a coefficient %i that is not reduced is refused", async (index) => {
  const { publicKey } = await kem.keyPair(dice()(32));
  const changed = new Uint8Array(publicKey);
  const at = Math.floor(index / 2) * 3;
  if (index % 2 === 0) {
    changed[at] = 3329 & 0xff;
    changed[at + 1] = ((changed[at + 1] ?? 0) & 0xf0) | (3329 >> 8);
  } else {
    changed[at + 1] = ((changed[at + 1] ?? 0) & 0x0f) | ((3329 & 15) << 4);
    changed[at + 2] = 3329 >> 4;
  }
  await expect(kem.seal(changed, TEXT, Label.CALL, CTX)).rejects.toThrow(WireError);
});

test("a key of another length is refused", async () => {
  const { publicKey } = await kem.keyPair(dice()(32));
  await expect(kem.seal(publicKey.slice(1), TEXT, Label.CALL, CTX)).rejects.toThrow(WireError);
});

test("noise knows one error only", async () => {
  const pair = await kem.keyPair(dice()(32));
  const sealed = await kem.seal(pair.publicKey, TEXT, Label.CALL, CTX);
  await fc.assert(
    fc.asyncProperty(damaged(sealed), (data) =>
      onlyWireError(() => kem.openUntrusted(pair, data, Label.CALL, CTX)),
    ),
    { numRuns: 30 },
  );
  await fc.assert(
    fc.asyncProperty(damaged(pair.publicKey), (data) =>
      onlyWireError(() => kem.seal(data, TEXT, Label.CALL, CTX)),
    ),
    { numRuns: 30 },
  );
});

test("a seed has 32 bytes, and is not shared with who gave it", async () => {
  await expect(kem.keyPair(new Uint8Array(31))).rejects.toThrow(RangeError);
  const seed = dice()(32);
  const pair = await kem.keyPair(seed);
  const sealed = await kem.seal(pair.publicKey, TEXT, Label.CALL, CTX);
  seed.fill(0);
  expect(await kem.openUntrusted(pair, sealed, Label.CALL, CTX)).toEqual(TEXT);
});
