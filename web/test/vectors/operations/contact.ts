/** Run the operations of envelope.json, descriptor.json, invitation.json and ratchet.json. */

import assert from "node:assert/strict";

import { openEnvelopeUntrusted, sealEnvelope } from "../../../src/crypto/envelope";
import {
  homeId,
  signDescriptor,
  verifyHomeDocumentUntrusted,
  verifySignedDescriptorUntrusted,
} from "../../../src/crypto/homeIdentity";
import {
  type AcceptReply,
  acceptCtx,
  contactSecrets,
  openAcceptUntrusted,
  openBundleUntrusted,
  sealBundle,
  signRefused,
  signWelcome,
  verifyRefusedUntrusted,
  verifyWelcomeUntrusted,
} from "../../../src/crypto/invitation";
import * as kem from "../../../src/crypto/kem";
import { EMPTY, Label, h, kdf, sha256 } from "../../../src/crypto/keySchedule";
import {
  Consumed,
  type RatchetState,
  beginTurn,
  decodeState,
  encodeState,
  initiatorState,
  receiveUntrusted,
  responderState,
  send,
} from "../../../src/crypto/ratchet";
import { ownTurn } from "../../../src/crypto/ratchetState";
import {
  openMessageUntrusted,
  openTurnSeedUntrusted,
  sealMessage,
  stepChain,
  stepRoot,
} from "../../../src/crypto/ratchetSteps";
import { SigningKey, verifyUntrusted } from "../../../src/crypto/signatures";
import { UsageError, WireError } from "../../../src/errors";
import { type Bytes, concat, equal, hex } from "../../../src/wire/bytes";
import { decodeUntrusted } from "../../../src/wire/cbor";
import { RefusedReason } from "../../../src/wire/codes";
import { SignedDescriptor } from "../../../src/wire/descriptor";
import { Bundle, Refused, Welcome } from "../../../src/wire/invitation";
import { splitMessageUntrusted } from "../../../src/wire/ratchet";
import type { Json, Values } from "../cases";
import { type Operations, resealed, same, toJson } from "./operation";

const NOW = 1_800_000_000;

function descriptorValue(signed: Bytes): Json {
  return toJson(decodeUntrusted(SignedDescriptor.parseUntrusted(signed).body));
}

function reply(given: Values, idA: Bytes): AcceptReply {
  const [sid, ctx] = [given.bytes("sid"), given.bytes("ctx")];
  return { sid, ctx, idA, idB: given.bytes("idB"), mailboxB: given.bytes("mB") };
}

function direction(given: Values): Bytes {
  return h(given.bytes("sid"), given.bytes("id_sender"), given.bytes("id_receiver"));
}

const STEPS: Readonly<
  Record<string, (state: RatchetState, step: Values) => Promise<RatchetState>>
> = {
  async turn(state, step) {
    const pair = await kem.keyPair(step.bytes("next_seed"));
    try {
      const begun = beginTurn(state, pair, step.bytes("seed"), step.bytes("ct"));
      assert.equal(step.text("expect"), "ok");
      assert.equal(ownTurn(begun), step.number("t"));
      return begun;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      assert.equal(step.text("expect"), "refused");
      return state;
    }
  },

  async send(state, step) {
    const sent = await send(state, step.bytes("body"), () => step.bytes("r"));
    same(sent.message, step.bytes("message"));
    return sent.state;
  },

  async receive(state, step) {
    const expected = step.text("expect");
    try {
      const received = await receiveUntrusted(state, step.bytes("message"), NOW);
      assert.equal(expected, "ok");
      same(received.body, step.bytes("body"));
      return received.state;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      assert.equal(error instanceof Consumed ? "consumed" : "bad", expected);
      return state;
    }
  },
};

export const OPERATIONS: Operations = {
  async envelope_seal(given) {
    const [outer, mailbox, message] = [
      given.bytes("outer"),
      given.bytes("mailbox"),
      given.bytes("message"),
    ];
    const envelope = await sealEnvelope(outer, mailbox, message, given.bytes("r"));
    if (envelope.length !== given.number("size")) throw new WireError("another size");
    same(await openEnvelopeUntrusted(outer, mailbox, envelope), message);
    return { envelope: hex(envelope) };
  },

  async envelope_open(given) {
    const [outer, mailbox] = [given.bytes("outer"), given.bytes("mailbox")];
    const message = await openEnvelopeUntrusted(outer, mailbox, given.bytes("envelope"));
    return { message: hex(message) };
  },

  async subscribe_sign(given) {
    const key = await SigningKey.fromSeed(given.bytes("read_seed"));
    const digest = h(given.bytes("line_id"), given.bytes("mailbox"));
    return { read: hex(key.publicKey), sig: hex(await key.sign(Label.READ, digest)) };
  },

  async subscribe_verify(given) {
    const digest = h(given.bytes("line_id"), given.bytes("mailbox"));
    await verifyUntrusted(given.bytes("read"), Label.READ, digest, given.bytes("sig"));
    return {};
  },

  cap_hash: (given) => ({ hash: hex(sha256(given.bytes("cap"))) }),

  home_id: (given) => ({ home_id: homeId(given.bytes("home")) }),

  async descriptor_sign(given) {
    const key = await SigningKey.fromSeed(given.bytes("home_seed"));
    const signed = await signDescriptor(key, given.bytes("descriptor"));
    await verifySignedDescriptorUntrusted(signed, null);
    return { home: hex(key.publicKey), signed_descriptor: hex(signed) };
  },

  async signed_descriptor_open(given) {
    const signed = given.bytes("signed_descriptor");
    const opened = await verifySignedDescriptorUntrusted(signed, given.text("home_id"));
    return { home: hex(opened.homeKey), value: descriptorValue(signed) };
  },

  async home_document_open(given) {
    const document = given.bytes("home_document");
    const home = await verifyHomeDocumentUntrusted(document, given.text("home_id"));
    return {
      home: hex(home.descriptor.homeKey),
      line_pk: hex(home.lineKey),
      value: descriptorValue(home.signed),
    };
  },

  async blob_seal(given) {
    const sealed = await sealBundle(given.bytes("bundle"), [given.number("size")]);
    same(await openBundleUntrusted(sealed.linkHash, sealed.blob), given.bytes("bundle"));
    return {
      L: hex(sealed.linkHash),
      id: hex(sealed.id),
      k: hex(kdf(sealed.linkHash, EMPTY, Label.INVITE_KEY, 32)),
      blob: hex(sealed.blob),
    };
  },

  async blob_open(given) {
    const bundle = await openBundleUntrusted(given.bytes("L"), given.bytes("blob"));
    Bundle.parseUntrusted(bundle);
    return { bundle: hex(bundle) };
  },

  async accept_seal(given) {
    const key = await SigningKey.fromSeed(given.bytes("idB_seed"));
    const [linkHash, body] = [given.bytes("L"), given.bytes("a")];
    const signature = await key.sign(Label.ACCEPT, h(linkHash, body));
    const sealed = await resealed(
      given.bytes("pkA_inv_seed"),
      given.bytes("pkA_inv"),
      concat(body, signature),
      Label.ACCEPT,
      linkHash,
      given.bytes("ekm"),
    );
    return { sigB: hex(signature), accept: hex(sealed) };
  },

  async accept_open(given) {
    const pair = await kem.keyPair(given.bytes("pkA_inv_seed"));
    const opened = await openAcceptUntrusted(pair, given.bytes("L"), given.bytes("accept"));
    const { accept, ctx } = opened;
    const { root0, sid } = contactSecrets(accept.seed0, ctx);
    return {
      a: hex(opened.body),
      seed0: hex(accept.seed0),
      idB: hex(accept.idKey),
      pkB: hex(accept.kemKey),
      mB: hex(accept.mailbox),
      ctx: hex(ctx),
      root0: hex(root0),
      sid: hex(sid),
    };
  },

  accept_keys(given) {
    const ctx = acceptCtx(given.bytes("L"), given.bytes("signed"));
    const { root0, sid } = contactSecrets(given.bytes("seed0"), ctx);
    return { ctx: hex(ctx), root0: hex(root0), sid: hex(sid) };
  },

  async welcome_sign(given) {
    const key = await SigningKey.fromSeed(given.bytes("idA_seed"));
    const [ctx, mailbox] = [given.bytes("ctx"), given.bytes("mA")];
    const signature = await signWelcome(key, reply(given, key.publicKey), mailbox);
    return { welcome: hex(Welcome.encode({ ctx, mailbox, signature })) };
  },

  async welcome_verify(given) {
    const welcome = Welcome.parseUntrusted(given.bytes("welcome"));
    const expected = reply(given, given.bytes("idA"));
    if (!equal(welcome.ctx, expected.ctx)) throw new WireError("a welcome for another accept");
    await verifyWelcomeUntrusted(expected, welcome.mailbox, welcome.signature);
    return { mA: hex(welcome.mailbox) };
  },

  async refused_sign(given) {
    const key = await SigningKey.fromSeed(given.bytes("idA_seed"));
    const ctx = given.bytes("ctx");
    const reason =
      given.number("reason") === RefusedReason.USED ? RefusedReason.USED : RefusedReason.EXPIRED;
    assert.equal(reason, given.number("reason"));
    const signature = await signRefused(key, reply(given, key.publicKey), reason);
    return { refused: hex(Refused.encode({ ctx, reason, signature })) };
  },

  async refused_verify(given) {
    const refused = Refused.parseUntrusted(given.bytes("refused"));
    const expected = reply(given, given.bytes("idA"));
    if (!equal(refused.ctx, expected.ctx)) throw new WireError("a refusal of another accept");
    await verifyRefusedUntrusted(expected, refused.reason, refused.signature);
    return { reason: refused.reason };
  },

  async turn_seal(given) {
    const [ownKey, seed] = [given.bytes("pk_next"), given.bytes("seed")];
    const ct = await resealed(
      given.bytes("peer_seed"),
      given.bytes("pk_peer"),
      seed,
      Label.TURN,
      h(given.bytes("sid"), given.number("t"), ownKey),
      given.bytes("ekm"),
    );
    const { root, chainKey } = stepRoot(given.bytes("root"), seed, ct, ownKey);
    return { ct: hex(ct), root: hex(root), ck: hex(chainKey) };
  },

  async turn_open(given) {
    const pair = await kem.keyPair(given.bytes("sk_seed"));
    const [sid, turn] = [given.bytes("sid"), given.number("t")];
    const [peerKey, ct] = [given.bytes("pk_next"), given.bytes("ct")];
    const seed = await openTurnSeedUntrusted(pair, ct, sid, turn, peerKey);
    const { root, chainKey } = stepRoot(given.bytes("root"), seed, ct, peerKey);
    return { seed: hex(seed), root: hex(root), ck: hex(chainKey) };
  },

  chain(given) {
    const { messageKey, chainKey } = stepChain(given.bytes("ck"));
    return { mk: hex(messageKey), ck: hex(chainKey) };
  },

  async message_seal(given) {
    const header = {
      turn: given.number("t"),
      previous: given.number("pn"),
      number: given.number("n"),
      salt: given.bytes("r"),
      ct: given.bytes("ct"),
      kemKey: given.bytes("pk_next"),
    };
    const [key, body] = [given.bytes("mk"), given.bytes("body")];
    const message = await sealMessage(key, direction(given), header, body);
    same(await openMessageUntrusted(key, direction(given), message), body);
    return { message: hex(message) };
  },

  async message_open(given) {
    const message = given.bytes("message");
    const body = await openMessageUntrusted(given.bytes("mk"), direction(given), message);
    const { header } = splitMessageUntrusted(message);
    return {
      t: header.turn,
      pn: header.previous,
      n: header.number,
      r: hex(header.salt),
      ct: hex(header.ct),
      pk_next: hex(header.kemKey),
      body: hex(body),
    };
  },

  async dialogue(given) {
    const [sid, root0] = [given.bytes("sid"), given.bytes("root0")];
    const [own, peer] = [given.bytes("id_own"), given.bytes("id_peer")];
    let state =
      given.text("side") === "a"
        ? initiatorState(sid, root0, own, peer, given.bytes("pkB"))
        : responderState(sid, root0, own, peer, await kem.keyPair(given.bytes("first_seed")));
    assert.ok(["a", "b"].includes(given.text("side")));
    for (const step of given.steps("steps")) {
      const take = STEPS[step.text("do")];
      if (take === undefined) throw new TypeError("no step");
      // Through the store and back, as in a page that is reloaded at every step.
      state = decodeState(encodeState(await take(state, step)));
    }
    return {};
  },
};
