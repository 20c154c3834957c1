/** Whatever bytes come, every parser gives a value or `WireError`. */

import fc from "fast-check";
import { expect, test } from "vitest";

import { parseAudioUntrusted } from "../../src/wire/audio";
import * as base64url from "../../src/wire/base64url";
import type { Bytes } from "../../src/wire/bytes";
import * as call from "../../src/wire/call";
import { decodeUntrusted, encode } from "../../src/wire/cbor";
import { RecordType } from "../../src/wire/codes";
import * as descriptor from "../../src/wire/descriptor";
import { DocumentReply } from "../../src/wire/document";
import { checkDoorUntrusted, checkHostUntrusted } from "../../src/wire/host";
import * as invitation from "../../src/wire/invitation";
import { parseLink } from "../../src/wire/link";
import { MailboxAddress } from "../../src/wire/mailbox";
import { parseMediaUntrusted } from "../../src/wire/media";
import { parsePushUntrusted, parseRequestUntrusted } from "../../src/wire/messages";
import {
  checkEmptyUntrusted,
  parseHeaderUntrusted,
  splitBodyUntrusted,
  splitMessageUntrusted,
} from "../../src/wire/ratchet";
import { parseGrantUntrusted } from "../../src/wire/relay";
import { anyBytes, damaged, onlyWireError } from "../noise";
import { load } from "../vectors/cases";

const PARSERS: Readonly<Record<string, (data: Bytes) => unknown>> = {
  decodeUntrusted: (data) => decodeUntrusted(data),
  parseAudioUntrusted,
  parseMediaUntrusted,
  parseGrantUntrusted,
  parseHeaderUntrusted,
  splitMessageUntrusted,
  splitBodyUntrusted,
  checkEmptyUntrusted,
  splitRoomBodyUntrusted: call.splitRoomBodyUntrusted,
  Signed: (data) => call.Signed.parseUntrusted(data),
  OfferBody: (data) => call.OfferBody.parseUntrusted(data),
  AnswerBody: (data) => call.AnswerBody.parseUntrusted(data),
  CallRef: (data) => call.CallRef.parseUntrusted(data),
  Hangup: (data) => call.Hangup.parseUntrusted(data),
  Control: (data) => call.Control.parseUntrusted(data),
  Descriptor: (data) => descriptor.Descriptor.parseUntrusted(data),
  SignedDescriptor: (data) => descriptor.SignedDescriptor.parseUntrusted(data),
  HomeDocument: (data) => descriptor.HomeDocument.parseUntrusted(data),
  DocumentReply: (data) => DocumentReply.parseUntrusted(data),
  Bundle: (data) => invitation.Bundle.parseUntrusted(data),
  AcceptBody: (data) => invitation.AcceptBody.parseUntrusted(data),
  Welcome: (data) => invitation.Welcome.parseUntrusted(data),
  Refused: (data) => invitation.Refused.parseUntrusted(data),
  MailboxAddress: (data) => MailboxAddress.parseUntrusted(data),
};

const GOOD = [
  ...load("messages").map((vector) => vector.given.bytes("body")),
  ...load("media").flatMap(({ op, given }) => (op === "plaintext" ? [given.bytes("plaintext")] : [])),
  ...load("media").flatMap(({ op, given }) => (op === "media_message" ? [given.bytes("message")] : [])),
].filter((bytes) => bytes.length < 3000);

const noise = fc.oneof(
  anyBytes(64),
  fc.constantFrom(...GOOD).chain(damaged),
);

test.each(Object.entries(PARSERS))("%s knows one error only", async (_, parse) => {
  await fc.assert(fc.asyncProperty(noise, (data) => onlyWireError(() => parse(data))), {
    numRuns: 300,
  });
});

test.each(Object.entries(RecordType))("a record of type %s knows one error only", async (_, type) => {
  const bodies = load("messages").flatMap(({ given }) =>
    given.raw["type"] === type ? [given.bytes("body")] : [],
  );
  expect(bodies).not.toEqual([]);
  const bad = fc.oneof(anyBytes(64), fc.constantFrom(...bodies).chain(damaged));
  await fc.assert(
    fc.asyncProperty(bad, async (body) => {
      await onlyWireError(() => parseRequestUntrusted(type, body));
      await onlyWireError(() => parsePushUntrusted(type, body));
    }),
    { numRuns: 50 },
  );
});

test("texts from strangers know one error only", async () => {
  const text = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.stringMatching(/^https?:\/\/[a-z0-9.:[\]]{0,20}\/[A-Za-z0-9_-]{0,70}#(h=)?[A-Za-z0-9_-]{40,44}$/),
  );
  await fc.assert(
    fc.asyncProperty(text, async (given) => {
      await onlyWireError(() => parseLink(given));
      await onlyWireError(() => base64url.decodeUntrusted(given));
      await onlyWireError(() => {
        checkHostUntrusted(given);
      });
      await onlyWireError(() => {
        checkDoorUntrusted(given);
      });
    }),
    { numRuns: 500 },
  );
});

// Two encodings of one value would be two hashes of one message.
test("whatever decodes encodes to the same bytes", () => {
  fc.assert(
    fc.property(noise, (data) => {
      let value;
      try {
        value = decodeUntrusted(data);
      } catch {
        return;
      }
      expect(encode(value)).toEqual(data);
    }),
    { numRuns: 1000 },
  );
});
