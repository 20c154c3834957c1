import { cat, longer, random } from "../lib/bytes.mjs";
import { encode, picture } from "../lib/cbor.mjs";
import { Page } from "../lib/page.mjs";
import { address, descriptor, descriptorFields, ENDPOINTS, idB, line_pk, mA, mB, signedDescriptor } from "../lib/people.mjs";

const r = (name, n) => random(`messages ${name}`, n);
const Q = 77;
const BIG = 2 ** 32;
const id = r("id", 16);
const envelope = r("envelope", 4096);
const id2 = r("nA", 32);
const badQ = [["q-0", { 0: 0 }], ["q-2-32", { 0: BIG }]];
const handles = [["handle-8", { 1: 8 }]];
const endpoint = (change) => ({ 3: [{ ...ENDPOINTS[0], ...change }] });

// name, type, fields, optional keys, keys of byte strings with a fixed size, [id, change] that make a wrong value, name in the ids
const STRUCTURES = [
  ["create", 0x10, { 0: Q, 1: id, 2: r("read", 32), 3: r("cap hash", 32), 4: r("voucher", 52) }, [4], [1, 2, 3], badQ],
  ["put", 0x11, { 0: Q, 1: id, 2: r("cap", 32), 3: r("put id", 16), 4: envelope }, [], [1, 2, 3, 4], badQ],
  ["subscribe", 0x12, { 0: Q, 1: id, 2: r("sig", 64) }, [], [1, 2], badQ],
  ["ack", 0x13, { 0: Q, 1: id, 2: [1, 2, 900] }, [], [1], [...badQ, ["none", { 2: [] }], ["65", { 2: Array.from({ length: 65 }, (_, i) => i) }]]],
  ["close_mailbox", 0x14, { 0: Q, 1: id }, [], [1], badQ],
  ["put_bundle", 0x15, { 0: Q, 1: id, 2: r("bundle id", 16), 3: r("blob", 4112), 4: 1_760_600_000 }, [], [1, 2, 3], badQ],
  ["delete_bundle", 0x16, { 0: Q, 1: id, 2: r("bundle id", 16), 3: 2 }, [], [1, 2], [...badQ, ["why-0", { 3: 0 }], ["why-3", { 3: 3 }]]],
  ["voucher", 0x17, { 0: Q, 1: id }, [], [1], badQ],
  ["grant", 0x18, { 0: Q, 1: id, 2: r("room", 16), 3: r("h0", 16), 4: r("h1", 16) }, [], [1, 2, 3, 4], badQ],
  ["join", 0x19, { 0: Q, 1: 7, 2: r("grant", 96), 3: 1, 4: r("secret", 16) }, [], [2, 4], [...badQ, ...handles, ["seat-2", { 3: 2 }]]],
  ["leave", 0x1a, { 0: Q, 1: 0 }, [], [], [...badQ, ...handles]],
  ["ping", 0x1b, { 0: Q }, [], [], badQ],
  ["document", 0x1c, { 0: Q, 1: 7 }, [], [], badQ],
  ["room_control", 0x20, { 1: 3, 2: cat(2, r("control", 256)) }, [], [], [...handles, ["body-4098", { 2: r("too much", 4098) }]]],
  ["hello", 0x30, { 0: 1, 1: 1_760_000_000, 2: 32, 3: 75, 4: [1, 900] }, [4], [], [["version", { 0: 2 }], ["features-none", { 4: [] }], ["features-33", { 4: Array(33).fill(1) }]]],
  ["reply", 0x31, { 0: Q, 1: 0, 2: r("result", 52) }, [2], [], badQ],
  ["deliver", 0x32, { 1: id, 2: 41, 3: 3600, 4: envelope }, [], [1, 4], []],
  ["replaced", 0x33, { 1: id }, [], [1], []],
  ["room_peer", 0x34, { 1: 2, 2: true }, [], [], handles],
  ["bye", 0x35, { 1: 3 }, [], [], []],
  ["mailbox_address", null, address("mailbox"), [], [0, 1, 2], []],
  ["descriptor", null, descriptorFields, [], [1, 2], [
    ["version", { 0: 2 }], ["no-endpoint", { 3: [] }], ["endpoints-17", { 3: Array(17).fill(ENDPOINTS[0]) }],
    ["scheme-sole", endpoint({ 0: "ftp" })], ["port-0", endpoint({ 2: 0 })], ["port-65536", endpoint({ 2: 65536 })],
    ["endpoint-web", endpoint({ 5: 1 })],
  ]],
  ["signed_descriptor", null, { 0: descriptor, 1: r("sig", 64) }, [], [1], []],
  ["home_document", null, { 0: signedDescriptor, 1: line_pk, 2: [1, 900] }, [2], [1], []],
  ["document_reply", null, { 0: r("document", 40), 1: "a-secret-door", 2: r("certificate", 32), 3: r("page", 32) }, [3], [2, 3], [
    ["door", { 1: "short" }], ["hashes-3", { 2: r("certificates", 96) }],
  ]],
  ["document_reply", null, { 0: r("nothing", 0), 1: "", 2: r("certificates", 64) }, [], [2], [], "document_reply-nothing-newer"],
  ["endpoints", null, { 0: descriptor, 1: r("sig", 64) }, [], [1], []],
  ["bundle", null, {
    0: 1, 1: signedDescriptor, 2: r("voucher", 52), 3: id, 4: r("cap", 32), 5: r("outer", 32),
    6: line_pk, 7: idB, 8: 1_760_600_000, 9: r("random", 32),
  }, [], [2, 3, 4, 5, 6, 7, 9], [["version", { 0: 2 }]]],
  ["accept_body", null, { 0: 1, 1: r("seed0", 32), 2: idB, 3: line_pk, 4: mB }, [], [1, 2, 3], [["version", { 0: 0 }]]],
  ["welcome", null, { 0: r("ctx", 32), 1: mA, 2: r("sig", 64) }, [], [0, 2], []],
  ["refused", null, { 0: r("ctx", 32), 1: 1, 2: r("sig", 64) }, [], [0, 2], []],
  ["confirm", null, {}, [], [], []],
  ["able", null, { 0: [1, 900] }, [], [], [["none", { 0: [] }], ["17", { 0: Array(17).fill(1) }]]],
  ["cancel", null, { 0: r("call", 16) }, [], [0], []],
  ["decline", null, { 0: r("call", 16) }, [], [0], []],
  ["busy", null, { 0: r("call", 16) }, [], [0], []],
  ["hangup", null, { 0: r("call", 16), 1: 1 }, [], [0], []],
  ["out_of_step", null, {}, [], [], []],
  ["offer_body", null, {
    0: 1, 1: r("call", 16), 2: r("sA", 32), 3: r("com", 32), 4: line_pk, 5: [1, 2, 3], 6: r("grant", 96), 7: r("secret", 16),
  }, [], [1, 2, 3, 4, 6, 7], [["version", { 0: 2 }], ["no-mode", { 5: [] }], ["modes-9", { 5: [1, 2, 3, 4, 5, 6, 7, 8, 9] }]]],
  ["answer_body", null, { 0: 1, 1: r("call", 16), 2: r("ct", 1168), 3: r("nB", 32), 4: 1 }, [], [1, 2, 3], [["version", { 0: 2 }]]],
  ["offer", null, { 0: encode({ 0: 1 }), 1: r("sig", 64) }, [], [1], []],
  ["answer", null, { 0: encode({ 0: 1 }), 1: r("sig", 64) }, [], [1], []],
  // Value and reason are there exactly when the kind's row in spec/call.md §4 has them.
  ["control", null, { 0: 5, 1: 6, 2: r("nA", 32) }, [], [2], [["kind-10", { 1: 10 }]]],
  ["control", null, { 0: 6, 1: 8, 3: 1 }, [], [], [], "control-hangup"],
  ["control", null, { 0: 7, 1: 7 }, [], [], [], "control-bare"],
  ["control", null, { 0: 8, 1: 9 }, [], [], [], "control-moved"],
];

const without = (fields, key) => Object.fromEntries(Object.entries(fields).filter(([k]) => Number(k) !== key));
const anotherType = (v) => (v instanceof Uint8Array ? 1 : r("another type", 16));

function cases(page, [name, type, fields, optional, fixed, wrong, as = name]) {
  const head = type === null ? { name } : { name, type };
  const ok = (suffix, f) => page.ok(`${as}${suffix}`, "by the CDDL", "body", { ...head, body: encode(f) }, { value: picture(f) });
  const bad = (suffix, what, failure, body) => page.bad(`${as}-${suffix}`, what, failure, "body", { ...head, body });
  ok("", fields);
  const whole = encode(fields);
  bad("truncated", "the last byte is missing", "truncated", whole.slice(0, -1));
  bad("longer", "a byte behind", "one byte too long", longer(whole));
  page.ok(`${as}-unknown`, "a key of a later release is passed over", "body_known",
    { ...head, body: encode({ ...fields, 21: [{ 0: r("later", 3) }] }) }, { known: whole });
  bad("not-a-map", "an array", "wrong value", encode([]));
  for (const key of Object.keys(fields).map(Number)) {
    if (optional.includes(key)) ok(`-without-${key}`, without(fields, key));
    else bad(`without-${key}`, `no key ${key}`, "missing field", encode(without(fields, key)));
    const changed = (value) => encode({ ...fields, [key]: value });
    bad(`type-${key}`, `key ${key} has another CBOR type`, "wrong value", changed(anotherType(fields[key])));
    if (!fixed.includes(key)) continue;
    bad(`short-${key}`, `key ${key} is a byte short`, "wrong length", changed(fields[key].slice(0, -1)));
    bad(`long-${key}`, `key ${key} is a byte too long`, "wrong length", changed(longer(fields[key])));
  }
  for (const [suffix, change] of wrong) bad(suffix, "a value outside the rule", "wrong value", encode({ ...fields, ...change }));
}

/** What a later release may say, and what this one reads in it (spec/growth.md). */
function growth(page) {
  const known = (as, what, name, type, body, read) =>
    page.ok(as, what, "body_known", { name, ...(type === null ? {} : { type }), body: encode(body) }, { known: encode(read) });
  known("reply-status-8", "a status of a later release reads as bad_request", "reply", 0x31, { 0: Q, 1: 8 }, { 0: Q, 1: 5 });
  known("bye-99", "a reason of a later release reads as none", "bye", 0x35, { 1: 99 }, { 1: 0 });
  known("hangup-99", "a reason of a later release is an end like any other", "hangup", null, { 0: id, 1: 99 }, { 0: id, 1: 1 });
  const later = { ...ENDPOINTS[0], 0: "later" };
  known("descriptor-scheme", "a way of a later release is passed over", "descriptor", null,
    { ...descriptorFields, 3: [later, ...ENDPOINTS] }, { ...descriptorFields, 3: ENDPOINTS });
  known("descriptor-endpoint-key", "a key of a later release in an endpoint", "descriptor", null,
    { ...descriptorFields, 3: [{ ...ENDPOINTS[0], 6: 0 }] }, { ...descriptorFields, 3: [ENDPOINTS[0]] });
  known("control-with-reason", "a key that the kind has not", "control", null, { 0: 5, 1: 6, 2: id2, 3: 1 }, { 0: 5, 1: 6, 2: id2 });
  page.ok("request-later", "a request of a later release", "request_unknown", { type: 0x2f, body: encode({ 0: Q, 1: "what?" }) }, { q: Q });
  page.bad("request-later-no-q", "a request of a later release without number", "missing field", "request_unknown", { type: 0x2f, body: encode({ 1: 0 }) });
  page.ok("push-later", "what a later home says unasked", "push_unknown", { type: 0x3f, body: encode({ 1: 0 }) }, {});
}

export default function messages() {
  const page = new Page("messages", "spec/registry.md");
  for (const structure of STRUCTURES) cases(page, structure);
  for (const size of [16384]) {
    const fields = { 1: id, 2: 0, 3: 0, 4: new Uint8Array(size) };
    page.ok(`deliver-${size}`, "a larger envelope", "body", { name: "deliver", type: 0x32, body: encode(fields) }, { value: picture(fields) });
  }
  growth(page);
  return page;
}
