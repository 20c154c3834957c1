/** Two strangers become contacts, once, and say to each other what only they can read. */

import { describe, expect, test } from "vitest";

import { signDescriptor } from "../../src/crypto/homeIdentity";
import { openBundleUntrusted } from "../../src/crypto/invitation";
import { SigningKey } from "../../src/crypto/signatures";
import { OutOfStepError, RefusedError, TrustError, WireError } from "../../src/errors";
import {
  type Contact,
  Standing,
  decodeContact,
  encodeContact,
  openEnvelope,
  sealBody,
} from "../../src/protocol/contact";
import {
  acceptBundle,
  decodeInvitation,
  drain,
  encodeInvitation,
  makeInvitation,
  newInbox,
  takeRefused,
  takeWelcome,
} from "../../src/protocol/invitation";
import type { Bytes } from "../../src/wire/bytes";
import { BodyKind } from "../../src/wire/codes";
import { Descriptor } from "../../src/wire/descriptor";
import { Bundle } from "../../src/wire/invitation";
import { EMPTY_BODY } from "../../src/wire/ratchet";
import { dice } from "./dice";

const NOW = 1_000_000;
const EXPIRY = NOW + 1000;
const EARLY = { age: 0 };

async function signedDescriptor(): Promise<Bytes> {
  const key = await SigningKey.fromSeed(new Uint8Array(32).fill(9));
  const end = {
    scheme: "https",
    host: "home.example",
    port: 443,
    tlsName: "",
    door: "a-long-enough-door",
    web: true,
  } as const;
  const descriptor = {
    homeKey: key.publicKey,
    lineKeyHash: new Uint8Array(32),
    endpoints: [end],
    version: 1,
    expiry: EXPIRY,
  };
  return signDescriptor(key, Descriptor.encode(descriptor));
}

async function invite() {
  const rng = dice("ali");
  const { invitation, blob } = await makeInvitation(
    {
      name: "bahar",
      homeId: "home",
      signedDescriptor: await signedDescriptor(),
      voucher: new Uint8Array(52),
      inbox: newInbox(rng),
      expiry: EXPIRY,
    },
    rng,
  );
  const opened = await openBundleUntrusted(invitation.linkHash, blob);
  const bundle = Bundle.parseUntrusted(opened);
  const accept = (seed = "bahar") =>
    acceptBundle(bundle, invitation.linkHash, "ali", "home", dice(seed));
  return { invitation, accept };
}

async function befriend(): Promise<{ readonly ali: Contact; readonly bahar: Contact }> {
  const { invitation, accept } = await invite();
  const { contact, envelope } = await accept();
  const { welcomed } = await drain(invitation, [{ envelope, ...EARLY }], NOW, dice("drain"));
  if (welcomed === null) throw new Error("nobody was welcomed");
  const opened = await openEnvelope(contact, welcomed.envelope, NOW);
  expect(opened.kind).toBe(BodyKind.WELCOME);
  return { ali: welcomed.contact, bahar: await takeWelcome(opened.contact, opened.body) };
}

describe("an invitation", () => {
  test("makes two contacts, who can write to each other, also after a rest in the store", async () => {
    let { ali, bahar } = await befriend();
    expect([ali.standing, bahar.standing]).toEqual([Standing.WELCOMED, Standing.CONFIRMED]);
    for (let turn = 0; turn < 3; turn += 1) {
      const said = await sealBody(ali, BodyKind.CONFIRM, EMPTY_BODY, dice(`a${turn}`));
      ali = decodeContact(encodeContact(said.contact));
      const heard = await openEnvelope(bahar, said.envelope, NOW);
      expect([heard.kind, heard.body]).toEqual([BodyKind.CONFIRM, EMPTY_BODY]);
      const back = await sealBody(heard.contact, BodyKind.CONFIRM, EMPTY_BODY, dice(`b${turn}`));
      bahar = decodeContact(encodeContact(back.contact));
      ali = (await openEnvelope(ali, back.envelope, NOW)).contact;
    }
  });

  test("is stored and read back as it was; anything else is damaged", async () => {
    const { invitation } = await invite();
    const stored = encodeInvitation(invitation);
    expect(decodeInvitation(stored)).toEqual(invitation);
    expect(() => decodeInvitation(stored.slice(1))).toThrow(WireError);
    expect(() => decodeContact(stored)).toThrow(WireError);
  });

  test("is won by who came first; the others are refused with a reason that they can check", async () => {
    const { invitation, accept } = await invite();
    const [first, second] = [await accept("bahar"), await accept("eve")];
    const noise = new Uint8Array(4096);
    const arrived = [noise, first.envelope, first.envelope, second.envelope];
    const drained = await drain(
      invitation,
      arrived.map((envelope) => ({ envelope, ...EARLY })),
      NOW,
      dice("drain"),
    );
    expect([drained.noise, drained.refusals.length]).toEqual([1, 1]);
    const refusal = drained.refusals[0]?.envelope ?? noise;
    const opened = await openEnvelope(second.contact, refusal, NOW);
    expect(opened.kind).toBe(BodyKind.REFUSED);
    expect(await takeRefused(opened.contact, opened.body)).toBe("used");
    // A refusal that was meant for somebody else is none.
    await expect(takeRefused(first.contact, opened.body)).rejects.toBeInstanceOf(TrustError);
  });

  test("that came too late by the home's clock is refused as expired", async () => {
    const { invitation, accept } = await invite();
    const { contact, envelope } = await accept();
    const late = await drain(invitation, [{ envelope, age: 5 }], EXPIRY + 6, dice("drain"));
    expect(late.welcomed).toBeNull();
    const opened = await openEnvelope(contact, late.refusals[0]?.envelope ?? envelope, NOW);
    expect(await takeRefused(opened.contact, opened.body)).toBe("expired");
    const inTime = await drain(invitation, [{ envelope, age: 7 }], EXPIRY + 6, dice("drain"));
    expect(inTime.welcomed).not.toBeNull();
  });

  test("lets nobody write before the welcome", async () => {
    const { accept } = await invite();
    const { contact } = await accept();
    await expect(
      sealBody(contact, BodyKind.CONFIRM, EMPTY_BODY, dice("x")),
    ).rejects.toBeInstanceOf(RefusedError);
  });
});

describe("a contact", () => {
  test("that goes back to an old copy is out of step at the next message", async () => {
    const { ali, bahar } = await befriend();
    const first = await sealBody(ali, BodyKind.CONFIRM, EMPTY_BODY, dice("1"));
    const { contact } = await openEnvelope(bahar, first.envelope, NOW);
    const rolledBack = await sealBody(ali, BodyKind.CONFIRM, EMPTY_BODY, dice("2"));
    expect(rolledBack.envelope).not.toEqual(first.envelope);
    await expect(openEnvelope(contact, rolledBack.envelope, NOW)).rejects.toBeInstanceOf(
      OutOfStepError,
    );
  });

  test("counts what is no envelope as noise", async () => {
    const { bahar } = await befriend();
    await expect(openEnvelope(bahar, new Uint8Array(4096), NOW)).rejects.toBeInstanceOf(WireError);
  });
});
