import { b64, cut, flip, longer, random } from "../lib/bytes.mjs";
import { encode, picture } from "../lib/cbor.mjs";
import { h, idKey, sha256, sign } from "../lib/construct.mjs";
import { Page } from "../lib/page.mjs";
import {
  descriptor as bytes, descriptorFields as fields, ENDPOINTS, home, home_seed, line_pk, signDescriptor, signedDescriptor as signed,
} from "../lib/people.mjs";
import { addOrder, SMALL_ORDER, trivialSignature } from "../lib/points.mjs";
import { publicKey } from "../lib/hpke.mjs";

export const homeId = (key) => b64(sha256(new TextEncoder().encode("hamseda/1 home\0"), key));
const r = (name, n = 32) => random(`descriptor ${name}`, n);
const document = (signedBytes, line = line_pk) => encode({ 0: signedBytes, 1: line });

function opening(page) {
  const home_id = homeId(home);
  const value = picture(fields);
  page.ok("signed-open", "as in a bundle", "signed_descriptor_open", { home_id, signed_descriptor: signed }, { home, value });
  page.ok("document-open", "what /home answers", "home_document_open", { home_id, home_document: document(signed) }, { home, line_pk, value });
  const bad = (id, what, failure, s, change) =>
    page.bad(`signed-${id}`, what, failure, "signed_descriptor_open", { home_id, signed_descriptor: s, ...change });
  const changed = (change) => signDescriptor(home_seed, encode({ ...fields, ...change }));
  bad("home", "another home is expected", "wrong key", signed, { home_id: homeId(idKey(r("other"))) });
  bad("home-id-short", "home_id of 42 characters", "wrong length", signed, { home_id: home_id.slice(0, 42) });
  const other = r("other");
  bad("self-made", "a descriptor of another home, well signed", "wrong key", signDescriptor(other, encode({ ...fields, 1: idKey(other) })));
  bad("signer", "signed by another key", "wrong key", signDescriptor(other, bytes));
  bad("label", "signed as an offer", "wrong label", signDescriptor(home_seed, bytes, "offer"));
  bad("bit", "one bit of the signature", "wrong value", encode({ 0: bytes, 1: flip(sign(home_seed, "descriptor", h(bytes)), 5) }));
  bad("altered", "an endpoint altered after signing", "wrong value",
    encode({ 0: encode({ ...fields, 3: [ENDPOINTS[1]] }), 1: sign(home_seed, "descriptor", h(bytes)) }));
  bad("S-plus-L", "S + L instead of S", "S >= L", encode({ 0: bytes, 1: addOrder(sign(home_seed, "descriptor", h(bytes))) }));
  bad("truncated", "a byte short", "truncated", cut(signed));
  bad("longer", "a byte behind", "one byte too long", longer(signed));
  bad("unsigned", "no signature", "missing field", encode({ 0: bytes }));
  const later = { ...fields, 6: 0 };
  page.ok("signed-unknown", "a key of a later release, under the signature", "signed_descriptor_open",
    { home_id, signed_descriptor: changed({ 6: 0 }) }, { home, value: picture(later) });
  page.bad("signed-unknown-stripped", "the same, with that key taken out", "wrong value", "signed_descriptor_open",
    { home_id, signed_descriptor: encode({ 0: bytes, 1: sign(home_seed, "descriptor", h(encode(later))) }) });
  bad("version", "signed, but of version 2", "wrong value", changed({ 0: 2 }));
  bad("scheme", "signed, but with the scheme ws", "wrong value", changed({ 3: [{ ...ENDPOINTS[0], 0: "ws" }] }));
  bad("non-canonical", "signed, but version in two bytes", "non-canonical CBOR",
    signDescriptor(home_seed, Uint8Array.from([bytes[0], bytes[1], 0x18, 1, ...bytes.slice(3)])));
  const small = SMALL_ORDER[2];
  const forged = encode({ ...fields, 1: small });
  bad("small-order", "a home key of small order", "small-order key",
    encode({ 0: forged, 1: trivialSignature("home", small, "descriptor", h(forged)) }), { home_id: homeId(small) });
  return home_id;
}

export default async function descriptor() {
  const page = new Page("descriptor", "spec/invitation.md");
  page.ok("home-id", "43 characters", "home_id", { home }, { home_id: homeId(home) });
  page.ok("sign", "over the bytes", "descriptor_sign", { home_seed, descriptor: bytes }, { home, signed_descriptor: signed });
  const home_id = opening(page);
  const bad = (id, what, failure, home_document, change) => page.bad(`document-${id}`, what, failure, "home_document_open", { home_id, home_document, ...change });
  bad("line-key", "another line key", "wrong key", document(signed, await publicKey(r("line"))));
  bad("line-key-bit", "one bit of the line key", "wrong value", document(signed, flip(line_pk, 700)));
  bad("line-key-short", "a line key of 1215 bytes", "wrong length", document(signed, cut(line_pk)));
  bad("home", "another home is expected", "wrong key", document(signed), { home_id: homeId(idKey(r("other"))) });
  bad("no-line-key", "no line key", "missing field", encode({ 0: signed }));
  page.ok("document-unknown", "with a key of a later release", "home_document_open",
    { home_id, home_document: encode({ 0: signed, 1: line_pk, 2: [1], 3: 0 }) }, { home, line_pk, value: picture(fields) });
  bad("longer", "a byte behind", "one byte too long", longer(document(signed)));
  bad("truncated", "a byte short", "truncated", cut(document(signed)));
  return page;
}
