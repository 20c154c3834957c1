/** Both Ed25519s of a browser, and what neither may accept. */

import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type Ed25519, ed25519Here, nobleEd25519, webCryptoEd25519 } from "../../src/crypto/ed25519";
import { Label, h } from "../../src/crypto/keySchedule";
import {
  SMALL_ORDER_ENCODINGS,
  SigningKey,
  verifyUntrusted,
} from "../../src/crypto/signatures";
import { WireError } from "../../src/errors";
import { type Bytes, concat, unhex } from "../../src/wire/bytes";
import { load } from "../vectors/cases";
import { anyBytes, dice, onlyWireError } from "../noise";

const DIGEST = h(Uint8Array.of(1));
const BACKENDS: readonly (readonly [string, Ed25519])[] = [
  ["WebCrypto", webCryptoEd25519],
  ["noble", nobleEd25519],
];

describe.each(BACKENDS)("with %s", (_, backend) => {
  test("a signature holds for its key, label and hash alone", async () => {
    const key = await SigningKey.fromSeed(dice()(32), backend);
    const other = await SigningKey.fromSeed(dice(2)(32), backend);
    const signature = await key.sign(Label.OFFER, DIGEST);
    await verifyUntrusted(key.publicKey, Label.OFFER, DIGEST, signature, backend);
    const wrong: readonly (readonly [Bytes, Label, Bytes])[] = [
      [other.publicKey, Label.OFFER, DIGEST],
      [key.publicKey, Label.ANSWER, DIGEST],
      [key.publicKey, Label.OFFER, h(DIGEST)],
    ];
    for (const [publicKey, label, digest] of wrong) {
      await expect(verifyUntrusted(publicKey, label, digest, signature, backend)).rejects.toThrow(
        WireError,
      );
    }
  });

  // Under such a key one signature is good for every message: anybody could be anybody.
  test.each([...SMALL_ORDER_ENCODINGS])("the small-order key %s signs nothing", async (point) => {
    const trivial = concat(unhex(point), new Uint8Array(32));
    await expect(
      verifyUntrusted(unhex(point), Label.OFFER, DIGEST, trivial, backend),
    ).rejects.toThrow(/no honest key/);
    const { publicKey } = await SigningKey.fromSeed(dice()(32), backend);
    await expect(
      verifyUntrusted(publicKey, Label.OFFER, DIGEST, trivial, backend),
    ).rejects.toThrow(/no honest key/);
  });

  test("the signatures of the vectors are judged as the vectors say", async () => {
    const cases = load("handshake").filter(({ op }) => op === "verify");
    expect(cases.length).toBeGreaterThan(5);
    for (const { id, given, valid } of cases) {
      const label = Object.values(Label).find((known) => known === given.text("label"));
      if (label === undefined) continue;
      const verified = verifyUntrusted(
        given.bytes("pk"),
        label,
        given.bytes("hash"),
        given.bytes("sig"),
        backend,
      );
      if (valid) await expect(verified, id).resolves.toBeUndefined();
      else await expect(verified, id).rejects.toThrow(WireError);
    }
  });

  test("noise knows one error only", async () => {
    await fc.assert(
      fc.asyncProperty(anyBytes(70), anyBytes(70), (publicKey, signature) =>
        onlyWireError(() => verifyUntrusted(publicKey, Label.OFFER, DIGEST, signature, backend)),
      ),
    );
    const exact = fc.tuple(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
    );
    await fc.assert(
      fc.asyncProperty(exact, async ([publicKey, signature]) => {
        await expect(
          verifyUntrusted(new Uint8Array(publicKey), Label.OFFER, DIGEST, new Uint8Array(signature), backend),
        ).rejects.toThrow(WireError);
      }),
    );
  });
});

test("both give the same keys and signatures", async () => {
  for (let seed = 1; seed < 6; seed += 1) {
    const [first, second] = await Promise.all(
      BACKENDS.map(([, backend]) => SigningKey.fromSeed(dice(seed)(32), backend)),
    );
    expect(first?.publicKey).toEqual(second?.publicKey);
    expect(await first?.sign(Label.READ, DIGEST)).toEqual(await second?.sign(Label.READ, DIGEST));
  }
});

test("where WebCrypto has Ed25519, it is used", async () => {
  expect(await ed25519Here()).toBe(webCryptoEd25519);
});

// The day this fails, the refusal before the arithmetic may look needless. It is not.
test("a library's default accepts what is refused here", () => {
  const identity = unhex("01" + "00".repeat(31));
  const trivial = concat(identity, new Uint8Array(32));
  expect(ed25519.verify(trivial, DIGEST, identity)).toBe(true);
});

test("only hashes are signed", async () => {
  const key = await SigningKey.fromSeed(dice()(32));
  await expect(key.sign(Label.OFFER, new Uint8Array(31))).rejects.toThrow(RangeError);
});
