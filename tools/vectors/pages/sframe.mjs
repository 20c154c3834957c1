import { readFileSync } from "node:fs";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { cat, cut, equal, flip, longer, random, text, uint, unhex, zeros } from "../lib/bytes.mjs";
import { gcm } from "../lib/construct.mjs";
import { Page } from "../lib/page.mjs";

const rfc = JSON.parse(readFileSync(new URL("../rfc9605.json", import.meta.url), "utf8"));
const SUITES = { 4: { hash: sha256, nk: 16 }, 5: { hash: sha512, nk: 32 } };
const FIRST = 1n << 24n;
const NONE = zeros(0);
const wide = (n) => uint(n, 8);

/** RFC 9605 §4.3 */
export function header(kid, ctr) {
  const bytes = (n) => { const all = wide(n); const i = all.findIndex((b) => b !== 0); return i < 0 ? uint(0, 1) : all.slice(i); };
  const field = (n) => (n < 8n ? { nibble: Number(n), rest: NONE } : { nibble: 8 | (bytes(n).length - 1), rest: bytes(n) });
  const [k, c] = [field(BigInt(kid)), field(BigInt(ctr))];
  return cat((k.nibble << 4) | c.nibble, k.rest, c.rest);
}

/** RFC 9605 §4.4.2 */
function derive(suite, base_key, kid) {
  const { hash, nk } = SUITES[suite];
  const secret = extract(hash, base_key, NONE);
  const part = (label, n) => expand(hash, secret, cat(text(label), wide(kid), uint(suite, 2)), n);
  return { key: part("SFrame 1.0 Secret key ", nk), salt: part("SFrame 1.0 Secret salt ", 12) };
}

export function sealFrame(suite, base_key, kid, ctr, pt, metadata = NONE) {
  const { key, salt } = derive(suite, base_key, kid);
  const nonce = uint(BigInt(`0x${Buffer.from(salt).toString("hex")}`) ^ BigInt(ctr), 12);
  const head = header(kid, ctr);
  return { key, salt, ct: cat(head, gcm(key, nonce, pt, cat(head, metadata))) };
}

function fromTheRfc(page) {
  for (const [i, v] of rfc.header.entries()) {
    if (!equal(header(BigInt(`0x${v.kid}`), BigInt(`0x${v.ctr}`)), unhex(v.encoded))) throw new Error(`header ${i}`);
    page.ok(`rfc-header-${i}`, "header", "sframe_header", { kid: v.kid, ctr: v.ctr }, { header: v.encoded }, "rfc9605");
  }
  for (const v of rfc.sframe) {
    const out = sealFrame(v.cipher_suite, unhex(v.base_key), BigInt(`0x${v.kid}`), BigInt(`0x${v.ctr}`), unhex(v.pt), unhex(v.metadata));
    if (!equal(out.ct, unhex(v.ct))) throw new Error("not what RFC 9605 has");
    const { base_key, kid, ctr, metadata, pt } = v;
    page.ok(`rfc-suite-${v.cipher_suite}`, "a frame", "sframe_seal", { suite: v.cipher_suite, base_key, kid, ctr, metadata, pt },
      { key: v.sframe_key, salt: v.sframe_salt, ct: v.ct }, "rfc9605");
  }
}

function frames(page) {
  const base_key = random("sframe base", 32);
  const pt = random("sframe pt", 65);
  for (const [id, kid, ctr] of [["first", 0n, FIRST], ["second", 0n, FIRST + 1n], ["last-of-5", 0n, 2n ** 32n - 1n], ["six", 0n, 2n ** 32n], ["attempt-1", 1n, FIRST], ["attempt-7", 7n, FIRST], ["kid-8", 8n, 0n]])
    page.ok(`seal-${id}`, "a frame of suite 5", "sframe_seal", { suite: 5, base_key, kid: wide(kid), ctr: wide(ctr), metadata: NONE, pt }, sealFrame(5, base_key, kid, ctr, pt));
  page.ok("seal-empty", "nothing inside", "sframe_seal", { suite: 5, base_key, kid: wide(0), ctr: wide(FIRST), metadata: NONE, pt: NONE }, sealFrame(5, base_key, 0n, FIRST, NONE));
  const { ct } = sealFrame(5, base_key, 0n, FIRST, pt);
  page.ok("open", "opens", "sframe_open", { suite: 5, base_key, metadata: NONE, ct }, { kid: wide(0), ctr: wide(FIRST), pt });
  const bad = (id, what, failure, change) => page.bad(`open-${id}`, what, failure, "sframe_open", { suite: 5, base_key, metadata: NONE, ct, ...change });
  bad("key", "another base key", "wrong key", { base_key: flip(base_key, 0) });
  bad("direction", "the key of the other direction", "wrong direction", { base_key: random("sframe other direction", 32) });
  bad("kid", "KID 1 instead of 0", "wrong value", { ct: flip(ct, 0, 0x10) });
  bad("ctr", "another counter", "wrong value", { ct: flip(ct, 4) });
  bad("bit", "one bit", "wrong value", { ct: flip(ct, 20) });
  bad("tag", "one bit of the tag", "wrong value", { ct: flip(ct, -1) });
  bad("metadata", "metadata where there was none", "wrong context", { metadata: text("x") });
  bad("suite", "sealed with suite 4", "wrong value", { ct: sealFrame(4, base_key, 0n, FIRST, pt).ct });
  bad("truncated", "a byte short", "truncated", { ct: cut(ct) });
  bad("longer", "a byte too long", "one byte too long", { ct: longer(ct) });
  bad("empty", "no bytes", "truncated", { ct: NONE });
  bad("half-header", "the header ends in the counter", "truncated", { ct: ct.slice(0, 3) });
  bad("header-only", "no tag", "truncated", { ct: ct.slice(0, 5) });
  bad("below-tag", "15 bytes behind the header", "truncated", { ct: ct.slice(0, 20) });
}

function windows(page) {
  const base_key = random("sframe window", 32);
  const frame = (n, kid = 0n) => {
    const pt = cat(uint(960 * n, 4), 1, random(`sframe frame ${n}`, 12));
    return { pt, ct: sealFrame(5, base_key, kid, FIRST + BigInt(n), pt).ct };
  };
  const ok = (n) => ({ ...frame(n), expect: "ok" });
  const dropped = (n) => ({ ct: frame(n).ct, expect: "dropped" });
  const bad = (ct) => ({ ct, expect: "bad" });
  const run = (id, what, steps, kid = "00".repeat(8)) => page.ok(`receive-${id}`, what, "sframe_receive", { base_key, kid, steps }, {});
  run("replayed", "each frame once", [ok(0), dropped(0), ok(1), dropped(1), dropped(0)]);
  run("reordered", "order does not matter within the window", [ok(5), ok(3), ok(4), dropped(3), ok(0), ok(6), dropped(5), dropped(4)]);
  run("forged", "a forged frame marks nothing", [ok(0), bad(flip(frame(1).ct, -1)), ok(1), bad(flip(frame(2000).ct, 10)), ok(2), dropped(1)]);
  run("window", "1024 counters up to the newest", [ok(0), ok(2000), ok(977), dropped(976), dropped(1), ok(1999), dropped(2000), dropped(977)]);
  run("jump", "a jump forgets all that is below", [ok(0), ok(1), ok(100000), dropped(1), dropped(2), ok(99999), ok(100001)]);
  run("kid", "another KID than the expected is refused", [ok(0), bad(frame(1, 1n).ct), ok(1)]);
  run("kid-1", "the first WebRTC attempt", [{ ...frame(0, 1n), expect: "ok" }, bad(frame(1).ct), { ...frame(1, 1n), expect: "ok" }], "0000000000000001");
}

export default function sframe() {
  const page = new Page("sframe", "spec/media.md");
  fromTheRfc(page);
  frames(page);
  windows(page);
  return page;
}
