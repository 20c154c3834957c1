/** Run the operations of cbor.json, messages.json and link.json. */

import assert from "node:assert/strict";

import { WireError } from "../../../src/errors";
import { Able } from "../../../src/wire/able";
import { type Bytes, hex, unhex } from "../../../src/wire/bytes";
import * as call from "../../../src/wire/call";
import { type Value, decodeUntrusted, encode } from "../../../src/wire/cbor";
import { RecordType } from "../../../src/wire/codes";
import * as descriptor from "../../../src/wire/descriptor";
import { DocumentReply } from "../../../src/wire/document";
import * as invitation from "../../../src/wire/invitation";
import { type Link, formatLink, parseLink } from "../../../src/wire/link";
import * as mailbox from "../../../src/wire/mailbox";
import { encodeMessage, parsePushUntrusted, parseRequestUntrusted } from "../../../src/wire/messages";
import { EMPTY_BODY, checkEmptyUntrusted } from "../../../src/wire/ratchet";
import { type Json, type Values, isList, isObject } from "../cases";
import { type Operations, same, toJson } from "./operation";

/** Read what `toJson` writes. */
function fromJson(value: Json): Value {
  if (typeof value === "string") return unhex(value);
  if (typeof value !== "object") return value;
  if (isList(value)) return value.map(fromJson);
  const text = value["text"];
  if (typeof text === "string" && isObject(value)) return text;
  return new Map(Object.entries(value).map(([key, item]) => [Number(key), fromJson(item)]));
}

interface Codec<T> {
  encode(value: T): Bytes;
  parseUntrusted(data: Bytes): T;
}

function again<T>(codec: Codec<T>): (body: Bytes) => Bytes {
  return (body) => codec.encode(codec.parseUntrusted(body));
}

const AGAIN: Readonly<Record<string, (body: Bytes) => Bytes>> = {
  able: again(Able),
  accept_body: again(invitation.AcceptBody),
  answer: again(call.Signed),
  answer_body: again(call.AnswerBody),
  bundle: again(invitation.Bundle),
  busy: again(call.CallRef),
  cancel: again(call.CallRef),
  control: again(call.Control),
  decline: again(call.CallRef),
  descriptor: again(descriptor.Descriptor),
  document_reply: again(DocumentReply),
  endpoints: again(descriptor.SignedDescriptor),
  hangup: again(call.Hangup),
  home_document: again(descriptor.HomeDocument),
  mailbox_address: again(mailbox.MailboxAddress),
  offer: again(call.Signed),
  offer_body: again(call.OfferBody),
  refused: again(invitation.Refused),
  signed_descriptor: again(descriptor.SignedDescriptor),
  welcome: again(invitation.Welcome),
};
const EMPTY = new Set(["confirm", "out_of_step"]);

/** Parse a body wherever its type may travel, and encode it again. */
function recordAgain(type: number, body: Bytes): readonly [number, Bytes] {
  const request = type <= RecordType.ROOM_CONTROL ? parseRequestUntrusted(type, body) : null;
  const push = type >= RecordType.ROOM_CONTROL ? parsePushUntrusted(type, body) : null;
  if (type === RecordType.ROOM_CONTROL) assert.deepEqual(request, push);
  const message = push ?? request;
  assert.ok(message !== null && "type" in message);
  return encodeMessage(message);
}

function linkOf(out: Values): Link {
  const scheme = out.text("scheme") === "https" ? "https" : "http";
  assert.equal(scheme, out.text("scheme"));
  const origin = { scheme, host: out.text("host"), port: out.number("port") } as const;
  switch (out.text("kind")) {
    case "home":
      return { ...origin, kind: "home", door: out.text("door"), homeId: out.text("home_id") };
    case "invitation":
      return { ...origin, kind: "invitation", door: out.text("door"), hash: out.bytes("L") };
    case "bare":
      return { ...origin, kind: "local" };
  }
  throw new WireError("no kind of link");
}

export const OPERATIONS: Operations = {
  cbor(given, out) {
    const value = toJson(decodeUntrusted(given.bytes("bytes")));
    same(encode(fromJson(out.raw["value"] ?? "")), given.bytes("bytes"));
    return { value };
  },

  body(given) {
    const [name, body] = [given.text("name"), given.bytes("body")];
    const codec = AGAIN[name];
    if (EMPTY.has(name)) {
      checkEmptyUntrusted(body);
    } else if (codec !== undefined) {
      same(codec(body), body);
    } else {
      const type = given.number("type");
      const [known] = Object.entries(RecordType).find(([, number]) => number === type) ?? [""];
      assert.equal(known.toLowerCase(), name);
      const [typeAgain, bodyAgain] = recordAgain(type, body);
      assert.equal(typeAgain, type);
      same(bodyAgain, body);
    }
    return { value: toJson(decodeUntrusted(body)) };
  },

  body_known(given) {
    const [name, body] = [given.text("name"), given.bytes("body")];
    const codec = AGAIN[name];
    if (EMPTY.has(name)) {
      checkEmptyUntrusted(body);
      return { known: hex(EMPTY_BODY) };
    }
    const read = codec === undefined ? recordAgain(given.number("type"), body)[1] : codec(body);
    return { known: hex(read) };
  },

  request_unknown(given) {
    const request = parseRequestUntrusted(given.number("type"), given.bytes("body"));
    assert.ok(!("type" in request));
    return { q: request.q };
  },

  push_unknown(given) {
    assert.equal(parsePushUntrusted(given.number("type"), given.bytes("body")), null);
    return {};
  },

  link(given) {
    const link = parseLink(given.text("link"));
    const out = { scheme: link.scheme, host: link.host, port: link.port };
    switch (link.kind) {
      case "home":
        return { ...out, kind: "home", door: link.door, home_id: link.homeId };
      case "invitation":
        return { ...out, kind: "invitation", door: link.door, L: hex(link.hash) };
      case "local":
        return { ...out, kind: "bare" };
    }
  },

  link_format(given) {
    const link = linkOf(given);
    assert.deepEqual(parseLink(formatLink(link)), link);
    return { link: formatLink(link) };
  },
};
