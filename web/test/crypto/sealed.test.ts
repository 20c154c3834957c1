/** Envelopes, controls, invitations and paddings: one size, one key, one error. */

import fc from "fast-check";
import { expect, test } from "vitest";

import { gcmOpenUntrusted } from "../../src/crypto/aead";
import { openControlUntrusted, sealControl } from "../../src/crypto/control";
import { EMOJI } from "../../src/crypto/emoji";
import { openEnvelopeUntrusted, sealEnvelope } from "../../src/crypto/envelope";
import { openAcceptUntrusted, openBundleUntrusted, sealAccept, sealBundle } from "../../src/crypto/invitation";
import { verifyHomeDocumentUntrusted, verifySignedDescriptorUntrusted } from "../../src/crypto/homeIdentity";
import { verifyGrantUntrusted, verifyVoucherUntrusted } from "../../src/crypto/grants";
import { verifyAnswerUntrusted, verifyOfferUntrusted } from "../../src/crypto/callKeys";
import * as kem from "../../src/crypto/kem";
import { bucket, pad, unpadUntrusted } from "../../src/crypto/padding";
import { sasIndices } from "../../src/crypto/sas";
import { SigningKey } from "../../src/crypto/signatures";
import { UsageError, WireError } from "../../src/errors";
import { AcceptBody } from "../../src/wire/invitation";
import { MailboxAddress } from "../../src/wire/mailbox";
import { anyBytes, damaged, dice, onlyWireError } from "../noise";
import { load } from "../vectors/cases";

const rng = dice();
const [KEY, ID, SALT] = [rng(32), rng(16), rng(32)];

test("padding comes off again and fits nothing that is too small", () => {
  fc.assert(
    fc.property(anyBytes(60), (x) => {
      expect(unpadUntrusted(pad(x, 64))).toEqual(x);
    }),
  );
  expect(() => pad(new Uint8Array(64), 64)).toThrow(UsageError);
  expect(() => bucket(256, [256])).toThrow(UsageError);
  expect(() => unpadUntrusted(new Uint8Array(8))).toThrow(WireError);
  expect(() => unpadUntrusted(new Uint8Array())).toThrow(WireError);
});

test.each([[0, 4096], [4047, 4096], [4048, 16_384], [65_487, 65_536]])(
  "a message of %i bytes travels in an envelope of %i",
  async (size, wanted) => {
    const message = new Uint8Array(size).fill(7);
    const envelope = await sealEnvelope(KEY, ID, message, SALT);
    expect(envelope.length).toBe(wanted);
    expect(await openEnvelopeUntrusted(KEY, ID, envelope)).toEqual(message);
    await expect(openEnvelopeUntrusted(KEY, rng(16), envelope)).rejects.toThrow(WireError);
  },
);

test("every control message has 256 bytes", async () => {
  for (const size of [0, 1, 207]) {
    expect((await sealControl(KEY, ID, new Uint8Array(size), SALT)).length).toBe(256);
  }
  await expect(sealControl(KEY, ID, new Uint8Array(208), SALT)).rejects.toThrow(UsageError);
});

test("an accept opens for the inviter and the link that it answers", async () => {
  const [pair, own] = [await kem.keyPair(rng(32)), await kem.keyPair(rng(32))];
  const key = await SigningKey.fromSeed(rng(32));
  const mailbox = MailboxAddress.encode({ mailbox: rng(16), cap: rng(32), outer: rng(32) });
  const body = AcceptBody.encode({ seed0: rng(32), idKey: key.publicKey, kemKey: own.publicKey, mailbox });
  const { sealed, ctx } = await sealAccept(pair.publicKey, KEY, body, key);
  const opened = await openAcceptUntrusted(pair, KEY, sealed);
  expect([opened.ctx, opened.body]).toEqual([ctx, body]);
  await expect(openAcceptUntrusted(pair, SALT, sealed)).rejects.toThrow(WireError);
  await fc.assert(
    fc.asyncProperty(damaged(sealed), (data) => onlyWireError(() => openAcceptUntrusted(pair, KEY, data))),
    { numRuns: 15 },
  );
});

test("noise knows one error only", async () => {
  const { linkHash, blob } = await sealBundle(rng(300));
  const envelope = await sealEnvelope(KEY, ID, rng(10), SALT);
  const control = await sealControl(KEY, ID, rng(10), SALT);
  const parties = { sid: KEY, idCaller: SALT, idCallee: rng(32) };
  const find = (file: string, op: string, member: string) =>
    load(file).find((vector) => vector.op === op && vector.valid)?.given.bytes(member) ?? rng(1);
  const offer = find("call", "offer_verify", "offer");
  const opened: readonly (readonly [Uint8Array<ArrayBuffer>, (data: Uint8Array<ArrayBuffer>) => unknown])[] = [
    [blob, (data) => openBundleUntrusted(linkHash, data)],
    [envelope, (data) => openEnvelopeUntrusted(KEY, ID, data)],
    [control, (data) => openControlUntrusted(KEY, ID, data)],
    [control, (data) => gcmOpenUntrusted(KEY, ID.slice(0, 12), data)],
    [offer, (data) => verifyOfferUntrusted(parties, data)],
    [find("call", "answer_open", "answer"), (data) => verifyAnswerUntrusted(parties, offer, data)],
    [find("descriptor", "home_document_open", "home_document"), (data) => verifyHomeDocumentUntrusted(data, null)],
    [find("descriptor", "signed_descriptor_open", "signed_descriptor"), (data) => verifySignedDescriptorUntrusted(data, null)],
    [find("relay", "grant_verify", "grant"), (data) => verifyGrantUntrusted(KEY, data, 0)],
    [find("relay", "voucher_verify", "voucher"), (data) => verifyVoucherUntrusted(KEY, data, 0)],
  ];
  for (const [good, open] of opened) {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyBytes(40), damaged(good)), (data) => onlyWireError(() => open(data))),
      { numRuns: 40 },
    );
  }
});

test("the table has 64 signs, and every index of five finds one", () => {
  expect(EMOJI).toHaveLength(64);
  expect(new Set(EMOJI.map(({ symbol }) => symbol)).size).toBe(64);
  const indices = sasIndices(KEY, SALT, KEY, SALT);
  expect(indices).toHaveLength(5);
  expect(indices.every((index) => EMOJI[index] !== undefined)).toBe(true);
});
