/** Run the operations of call.json, sframe.json, media.json and relay.json. */

import assert from "node:assert/strict";

import {
  type Parties,
  callContext,
  callSecret,
  checkRevealUntrusted,
  commitment,
  offerWins,
  openCallSeedUntrusted,
  ringKeys,
  signAnswer,
  signOffer,
  verifyAnswerUntrusted,
  verifyOfferUntrusted,
} from "../../../src/crypto/callKeys";
import { openControlUntrusted, sealControl } from "../../../src/crypto/control";
import {
  checkSeatUntrusted,
  mintGrant,
  mintVoucher,
  ownerTag,
  seatHash,
  verifyGrantUntrusted,
  verifyVoucherUntrusted,
} from "../../../src/crypto/grants";
import * as kem from "../../../src/crypto/kem";
import { Label, h } from "../../../src/crypto/keySchedule";
import { sasBytes, sasIndices } from "../../../src/crypto/sas";
import {
  SFrameReceiver,
  type Suite,
  encodeHeader,
  frameKeys,
  openFrameUntrusted,
  parseHeaderUntrusted,
  sealFrame,
} from "../../../src/crypto/sframe";
import { SigningKey } from "../../../src/crypto/signatures";
import { WireError } from "../../../src/errors";
import { ControlChannel } from "../../../src/protocol/controlChannel";
import {
  HEADER_BYTES,
  OPUS_BYTES,
  REPORT,
  encodeAudio,
  encodeReport,
  parseAudioUntrusted,
} from "../../../src/wire/audio";
import { concat, hex } from "../../../src/wire/bytes";
import { Control, Signed } from "../../../src/wire/call";
import { decodeUntrusted } from "../../../src/wire/cbor";
import { encodeMedia, parseMediaUntrusted } from "../../../src/wire/media";
import { parseGrantUntrusted } from "../../../src/wire/relay";
import type { JsonObject, Values } from "../cases";
import { type Operations, bytesOf, resealed, same, toJson } from "./operation";

function parties(given: Values): Parties {
  return {
    sid: given.bytes("sid"),
    idCaller: given.bytes("id_caller"),
    idCallee: given.bytes("id_callee"),
  };
}

function modeOfSize(size: number): number {
  return [...OPUS_BYTES].find(([, bytes]) => bytes === size)?.[0] ?? 0;
}

function suiteOf(given: Values): Suite {
  const suite = given.number("suite");
  if (suite === 4 || suite === 5) return suite;
  throw new RangeError("no suite");
}

function bigHex(value: bigint): string {
  return value.toString(16).padStart(16, "0");
}

export const OPERATIONS: Operations = {
  com: (given) => ({ com: hex(commitment(given.bytes("call_id"), given.bytes("nA"))) }),

  reveal(given) {
    checkRevealUntrusted(given.bytes("call_id"), given.bytes("nA"), given.bytes("com"));
    return {};
  },

  async offer_sign(given) {
    const key = await SigningKey.fromSeed(given.bytes("id_caller_seed"));
    const [sid, idCallee] = [given.bytes("sid"), given.bytes("id_callee")];
    const between = { sid, idCaller: key.publicKey, idCallee };
    const offer = await signOffer(key, between, given.bytes("body"));
    await verifyOfferUntrusted(between, offer);
    return { offer: hex(offer) };
  },

  async offer_verify(given) {
    await verifyOfferUntrusted(parties(given), given.bytes("offer"));
    return { body: hex(Signed.parseUntrusted(given.bytes("offer")).body) };
  },

  ring_keys(given) {
    const keys = ringKeys(given.bytes("sA"), given.bytes("offer"));
    return { ring_ab: hex(keys.aToB), ring_ba: hex(keys.bToA) };
  },

  async answer_sign(given) {
    const key = await SigningKey.fromSeed(given.bytes("id_callee_seed"));
    const [sid, idCaller] = [given.bytes("sid"), given.bytes("id_caller")];
    const between = { sid, idCaller, idCallee: key.publicKey };
    const answer = await signAnswer(key, between, given.bytes("offer"), given.bytes("body"));
    await verifyAnswerUntrusted(between, given.bytes("offer"), answer);
    return { answer: hex(answer) };
  },

  async answer_open(given) {
    const [offer, answer] = [given.bytes("offer"), given.bytes("answer")];
    const body = await verifyAnswerUntrusted(parties(given), offer, answer);
    const pair = await kem.keyPair(given.bytes("call_seed"));
    const seed = await openCallSeedUntrusted(pair, body.ct, given.bytes("sid"), offer);
    return {
      body: hex(Signed.parseUntrusted(answer).body),
      seed: hex(seed),
      nB: hex(body.nonceB),
      mode: body.mode,
    };
  },

  async call_seal(given) {
    const ct = await resealed(
      given.bytes("call_seed"),
      given.bytes("pkA_call"),
      given.bytes("seed"),
      Label.CALL,
      h(given.bytes("sid"), given.bytes("offer")),
      given.bytes("ekm"),
    );
    return { ct: hex(ct) };
  },

  call_keys(given) {
    const keys = callSecret(
      given.bytes("seed"),
      given.bytes("sA"),
      given.bytes("offer"),
      given.bytes("answer"),
      given.bytes("sid"),
      given.bytes("id_caller"),
      given.bytes("id_callee"),
    );
    return {
      T: hex(keys.transcript),
      K: hex(keys.secret),
      sig_ab: hex(keys.sig.aToB),
      sig_ba: hex(keys.sig.bToA),
      sframe_ab: hex(keys.sframe.aToB),
      sframe_ba: hex(keys.sframe.bToA),
    };
  },

  sas(given) {
    const context = callContext(parties(given));
    const secrets = [given.bytes("nA"), given.bytes("nB"), given.bytes("T"), context] as const;
    return { bytes: hex(sasBytes(...secrets)), indices: sasIndices(...secrets) };
  },

  async control_seal(given) {
    const [key, callId, plaintext] = [
      given.bytes("key"),
      given.bytes("call_id"),
      given.bytes("cbor"),
    ];
    const control = await sealControl(key, callId, plaintext, given.bytes("r"));
    same(await openControlUntrusted(key, callId, control), plaintext);
    return { control: hex(control) };
  },

  async control_open(given) {
    const [key, callId] = [given.bytes("key"), given.bytes("call_id")];
    const plaintext = await openControlUntrusted(key, callId, given.bytes("control"));
    Control.parseUntrusted(plaintext);
    return { cbor: hex(plaintext), value: toJson(decodeUntrusted(plaintext)) };
  },

  async controls(given) {
    const [key, callId] = [given.bytes("key"), given.bytes("call_id")];
    const keys = { aToB: new Uint8Array(32), bToA: key };
    const channel = ControlChannel.ofCaller(keys, callId, (size) => new Uint8Array(size));
    for (const step of given.steps("steps")) {
      let got = "bad";
      try {
        got = (await channel.openUntrusted(step.bytes("control"))) === null ? "dropped" : "ok";
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
      }
      assert.equal(got, step.text("expect"));
    }
    return {};
  },

  glare: (given) => ({ winner: offerWins(given.bytes("body_1"), given.bytes("body_2")) ? 1 : 2 }),

  sframe_header(given) {
    const [kid, ctr] = [given.big("kid"), given.big("ctr")];
    const header = encodeHeader(kid, ctr);
    assert.deepEqual(parseHeaderUntrusted(header), { kid, ctr, size: header.length });
    return { header: hex(header) };
  },

  async sframe_seal(given) {
    const [baseKey, metadata, pt] = [
      given.bytes("base_key"),
      given.bytes("metadata"),
      given.bytes("pt"),
    ];
    const [suite, kid, ctr] = [suiteOf(given), given.big("kid"), given.big("ctr")];
    const keys = frameKeys(baseKey, kid, suite);
    const ct = await sealFrame(baseKey, kid, ctr, pt, suite, metadata);
    const [ctrAgain, opened] = await openFrameUntrusted(baseKey, kid, ct, suite, metadata);
    assert.equal(ctrAgain, ctr);
    same(opened, pt);
    return { key: hex(keys.key), salt: hex(keys.salt), ct: hex(ct) };
  },

  async sframe_open(given) {
    const [baseKey, metadata, ct] = [
      given.bytes("base_key"),
      given.bytes("metadata"),
      given.bytes("ct"),
    ];
    const { kid } = parseHeaderUntrusted(ct);
    const [ctr, pt] = await openFrameUntrusted(baseKey, kid, ct, suiteOf(given), metadata);
    return { kid: bigHex(kid), ctr: bigHex(ctr), pt: hex(pt) };
  },

  async sframe_receive(given) {
    const receiver = new SFrameReceiver(given.bytes("base_key"), Number(given.big("kid")));
    for (const step of given.steps("steps")) {
      let got = "bad";
      try {
        const opened = await receiver.openUntrusted(step.bytes("ct"));
        got = opened === null ? "dropped" : "ok";
        if (opened !== null) same(opened, step.bytes("pt"));
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
      }
      assert.equal(got, step.text("expect"));
    }
    return {};
  },

  media_message_format(given) {
    const frames = given.array("packets").map(bytesOf);
    return { message: hex(encodeMedia({ handle: given.number("handle"), frames })) };
  },

  media_message(given) {
    const { handle, frames } = parseMediaUntrusted(given.bytes("message"));
    return { handle, packets: frames.map(hex) };
  },

  plaintext_format(given) {
    const [t, code, opus] = [given.number("t"), given.number("code"), given.bytes("payload")];
    return { plaintext: hex(encodeAudio({ t, code, opus })) };
  },

  plaintext(given) {
    const plaintext = given.bytes("plaintext");
    const parsed = parseAudioUntrusted(plaintext);
    const payload = plaintext.slice(HEADER_BYTES);
    switch (parsed.kind) {
      case "audio":
        same(encodeAudio(parsed), plaintext);
        return { t: parsed.t, code: parsed.code, payload: hex(payload) };
      case "report":
        same(encodeReport(parsed, modeOfSize(payload.length)), plaintext);
        return { t: parsed.t, code: REPORT, payload: hex(payload) };
    }
  },

  report_format(given) {
    const report = {
      t: 0,
      sentMs: given.number("sent_ms"),
      echoMs: given.number("echo_ms"),
      heldMs: given.number("held_ms"),
      expected: given.number("expected"),
      onTime: given.number("on_time"),
      late: given.number("late"),
      lost: given.number("lost"),
      bufferMs: given.number("buffer_ms"),
    };
    const encoded = encodeReport(report, modeOfSize(given.number("size")));
    return { payload: hex(encoded.slice(HEADER_BYTES)) };
  },

  report(given) {
    const head = Uint8Array.of(0, 0, 0, 0, REPORT);
    const parsed = parseAudioUntrusted(concat(head, given.bytes("payload")));
    if (parsed.kind !== "report") throw new TypeError("no report");
    return {
      sent_ms: parsed.sentMs,
      echo_ms: parsed.echoMs,
      held_ms: parsed.heldMs,
      expected: parsed.expected,
      on_time: parsed.onTime,
      late: parsed.late,
      lost: parsed.lost,
      buffer_ms: parsed.bufferMs,
    };
  },

  grant_sign(given) {
    const grant = mintGrant(given.bytes("relay_key"), {
      room: given.bytes("room"),
      h0: given.bytes("h0"),
      h1: given.bytes("h1"),
      exp: given.number("exp"),
      owner: given.bytes("owner"),
      packetsPerS: given.number("packets_per_s"),
      kbitPerS: given.number("kbit_per_s"),
    });
    return { grant: hex(grant) };
  },

  grant_verify(given): JsonObject {
    const [relayKey, grant] = [given.bytes("relay_key"), given.bytes("grant")];
    const parsed = verifyGrantUntrusted(relayKey, grant, given.number("now"));
    return {
      room: hex(parsed.room),
      h0: hex(parsed.h0),
      h1: hex(parsed.h1),
      exp: parsed.exp,
      owner: hex(parsed.owner),
      packets_per_s: parsed.packetsPerS,
      kbit_per_s: parsed.kbitPerS,
    };
  },

  owner: (given) => ({ owner: hex(ownerTag(given.bytes("relay_key"), given.bytes("mailbox"))) }),

  voucher_sign(given) {
    const random = given.bytes("random");
    return {
      voucher: hex(mintVoucher(given.bytes("relay_key"), given.number("exp"), () => random)),
    };
  },

  voucher_verify(given) {
    const [relayKey, voucher] = [given.bytes("relay_key"), given.bytes("voucher")];
    const { exp, random } = verifyVoucherUntrusted(relayKey, voucher, given.number("now"));
    return { exp, random: hex(random) };
  },

  seat: (given) => ({ h: hex(seatHash(given.bytes("secret"))) }),

  seat_verify(given) {
    const grant = parseGrantUntrusted(given.bytes("grant"));
    checkSeatUntrusted(grant, given.number("seat"), given.bytes("secret"));
    return {};
  },
};
