import { cat, cut, flip, longer, random, zeros } from "../lib/bytes.mjs";
import { gcm44, h, idKey, kdf, pad, sha256, sign } from "../lib/construct.mjs";
import { Page } from "../lib/page.mjs";
import { addOrder, SMALL_ORDER, trivialSignature } from "../lib/points.mjs";

const r = (name, n = 32) => random(`envelope ${name}`, n);

/** spec/mailbox.md §2, with the padded content as given. */
export const rawEnvelope = (outer, R, padded, mailbox, label = "env") => cat(R, gcm44(kdf(outer, R, label, null, 44), padded, mailbox));
export const sealEnvelope = (outer, R, message, size, mailbox) => rawEnvelope(outer, R, pad(message, size - 48), mailbox);

function envelopes(page) {
  const [outer, mailbox, R] = [r("outer"), r("mailbox", 16), r("R")];
  for (const [n, size] of [[0, 4096], [1, 4096], [2475, 4096], [4047, 4096], [4048, 16384], [16335, 16384], [65487, 65536]]) {
    const message = n > 20000 ? new Uint8Array(n).fill(9) : r(`message ${n}`, n);
    page.ok(`seal-${n}-${size}`, `${n} bytes in ${size}`, "envelope_seal", { outer, mailbox, size, r: R, message },
      { envelope: sealEnvelope(outer, R, message, size, mailbox) });
  }
  const message = cat(r("message", 100), 0x80, 0, 0);
  const envelope = sealEnvelope(outer, R, message, 4096, mailbox);
  page.ok("open", "a message that ends in 80 00 00", "envelope_open", { outer, mailbox, envelope }, { message });
  const bad = (id, what, failure, change) => page.bad(`open-${id}`, what, failure, "envelope_open", { outer, mailbox, envelope, ...change });
  bad("outer", "another outer key", "wrong key", { outer: flip(outer, 0) });
  bad("mailbox", "another mailbox", "wrong context", { mailbox: flip(mailbox, 0) });
  bad("R", "one bit of R", "wrong value", { envelope: flip(envelope, 0) });
  bad("ciphertext", "one bit of the ciphertext", "wrong value", { envelope: flip(envelope, 40) });
  bad("tag", "one bit of the tag", "wrong value", { envelope: flip(envelope, -1) });
  bad("truncated", "4095 bytes", "truncated", { envelope: cut(envelope) });
  bad("longer", "4097 bytes", "one byte too long", { envelope: longer(envelope) });
  bad("empty", "no bytes", "truncated", { envelope: zeros(0) });
  bad("size", "authentic, but 8192 bytes", "wrong length", { envelope: sealEnvelope(outer, R, message, 8192, mailbox) });
  bad("label", "sealed under the label msg", "wrong label", { envelope: rawEnvelope(outer, R, pad(message, 4048), mailbox, "msg") });
  bad("padding", "authentic, but without 80", "bad padding", { envelope: rawEnvelope(outer, R, cat(r("message", 100), zeros(3948)), mailbox) });
  bad("padding-zeros", "authentic, but only zeros", "bad padding", { envelope: rawEnvelope(outer, R, zeros(4048), mailbox) });
  page.bad("seal-4048-4096", "a message that does not fit", "wrong length", "envelope_seal", { outer, mailbox, size: 4096, r: R, message: r("message 4048", 4048) });
}

function subscriptions(page) {
  const read_seed = r("read");
  const read = idKey(read_seed);
  const [line_id, mailbox] = [r("line"), r("mailbox", 16)];
  const sig = sign(read_seed, "read", h(line_id, mailbox));
  page.ok("subscribe-sign", "for one line", "subscribe_sign", { read_seed, line_id, mailbox }, { read, sig });
  page.ok("subscribe-verify", "verifies", "subscribe_verify", { read, line_id, mailbox, sig }, {});
  const bad = (id, what, failure, change) => page.bad(`subscribe-${id}`, what, failure, "subscribe_verify", { read, line_id, mailbox, sig, ...change });
  bad("replayed", "on another line", "replayed", { line_id: flip(line_id, 0) });
  bad("mailbox", "for another mailbox", "wrong context", { mailbox: flip(mailbox, 15) });
  bad("key", "another read key", "wrong key", { read: idKey(flip(read_seed, 0)) });
  bad("bit", "one bit", "wrong value", { sig: flip(sig, 10) });
  bad("truncated", "63 bytes", "truncated", { sig: cut(sig) });
  bad("longer", "65 bytes", "one byte too long", { sig: longer(sig) });
  bad("label", "signed as an offer", "wrong label", { sig: sign(read_seed, "offer", h(line_id, mailbox)) });
  bad("S-plus-L", "S + L instead of S", "S >= L", { sig: addOrder(sig) });
  bad("small-order", "a read key of small order", "small-order key",
    { read: SMALL_ORDER[8], sig: trivialSignature("read", SMALL_ORDER[8], "read", h(line_id, mailbox)) });
  const cap = r("cap");
  page.ok("cap-hash", "what the home stores", "cap_hash", { cap }, { hash: sha256(cap) });
}

export default function envelope() {
  const page = new Page("envelope", "spec/mailbox.md");
  envelopes(page);
  subscriptions(page);
  return page;
}
