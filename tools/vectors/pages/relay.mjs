import { cat, cut, flip, longer, random, text, uint, zeros } from "../lib/bytes.mjs";
import { hmac256, sha256 } from "../lib/construct.mjs";
import { Page } from "../lib/page.mjs";

const r = (name, n = 32) => random(`relay ${name}`, n);
const relay_key = r("key");
const EXP = 1_760_021_600;
const now = EXP - 3600;
const mac = (label, body, key = relay_key) => hmac256(key, text(`${label}\0`), body);
const seat = (secret) => sha256(secret).slice(0, 16);
const owner = (mailbox) => mac("owner", mailbox).slice(0, 8);

function grants(page) {
  const [secret0, secret1, mailbox] = [r("seat 0", 16), r("seat 1", 16), r("mailbox", 16)];
  page.ok("owner", "8 bytes", "owner", { relay_key, mailbox }, { owner: owner(mailbox) });
  page.ok("owner-other", "another mailbox", "owner", { relay_key, mailbox: flip(mailbox, 0) }, { owner: owner(flip(mailbox, 0)) });
  for (const [i, secret] of [secret0, secret1].entries()) page.ok(`seat-${i}`, "hash of a seat's secret", "seat", { secret }, { h: seat(secret) });
  const fields = { room: r("room", 16), h0: seat(secret0), h1: seat(secret1), exp: EXP, owner: owner(mailbox), packets_per_s: 120, kbit_per_s: 200 };
  const body = (f) => cat(f.room, f.h0, f.h1, uint(f.exp, 4), f.owner, uint(f.packets_per_s, 2), uint(f.kbit_per_s, 2));
  const make = (f, label = "grant", key = relay_key) => cat(body(f), mac(label, body(f), key));
  const grant = make(fields);
  page.ok("grant-sign", "96 bytes", "grant_sign", { relay_key, ...fields }, { grant });
  page.ok("grant-verify", "valid for another hour", "grant_verify", { relay_key, grant, now }, fields);
  const largest = { ...fields, exp: 2 ** 32 - 1, packets_per_s: 65535, kbit_per_s: 65535 };
  page.ok("grant-largest", "the largest numbers", "grant_sign", { relay_key, ...largest }, { grant: make(largest) });
  const bad = (id, what, failure, change) => page.bad(`grant-${id}`, what, failure, "grant_verify", { relay_key, grant, now, ...change });
  bad("key", "of another home", "wrong key", { relay_key: flip(relay_key, 0) });
  bad("expired", "an hour too late", "expired", { now: EXP + 3600 });
  bad("label", "MAC under the prefix of a voucher", "wrong label", { grant: make(fields, "voucher") });
  for (const [id, at] of [["room", 0], ["h0", 16], ["h1", 47], ["exp", 51], ["owner", 52], ["packets", 61], ["kbit", 63], ["mac", 95]])
    bad(`bit-${id}`, `one bit of ${id}`, "wrong value", { grant: flip(grant, at) });
  bad("truncated", "95 bytes", "truncated", { grant: cut(grant) });
  bad("longer", "97 bytes", "one byte too long", { grant: longer(grant) });
  bad("no-mac", "the 64 bytes alone", "missing field", { grant: grant.slice(0, 64) });
  bad("empty", "no bytes", "truncated", { grant: zeros(0) });
  page.ok("seat-verify-0", "opens seat 0", "seat_verify", { grant, seat: 0, secret: secret0 }, {});
  page.ok("seat-verify-1", "opens seat 1", "seat_verify", { grant, seat: 1, secret: secret1 }, {});
  page.bad("seat-other", "the secret of the other seat", "wrong key", "seat_verify", { grant, seat: 0, secret: secret1 });
  page.bad("seat-bit", "one bit", "wrong value", "seat_verify", { grant, seat: 1, secret: flip(secret1, 0) });
  page.bad("seat-hash", "the hash instead of the secret", "wrong value", "seat_verify", { grant, seat: 0, secret: fields.h0 });
  page.bad("seat-short", "15 bytes", "truncated", "seat_verify", { grant, seat: 0, secret: cut(secret0) });
}

function vouchers(page) {
  const rand = r("voucher", 16);
  const make = (exp, label = "voucher", key = relay_key) => cat(uint(exp, 4), rand, mac(label, cat(uint(exp, 4), rand), key));
  const voucher = make(EXP);
  page.ok("voucher-sign", "52 bytes", "voucher_sign", { relay_key, exp: EXP, random: rand }, { voucher });
  page.ok("voucher-verify", "valid for another hour", "voucher_verify", { relay_key, voucher, now }, { exp: EXP, random: rand });
  const bad = (id, what, failure, change) => page.bad(`voucher-${id}`, what, failure, "voucher_verify", { relay_key, voucher, now, ...change });
  bad("key", "of another home", "wrong key", { relay_key: flip(relay_key, 0) });
  bad("expired", "an hour too late", "expired", { now: EXP + 3600 });
  bad("label", "MAC under the prefix of a grant", "wrong label", { voucher: make(EXP, "grant") });
  for (const [id, at] of [["exp", 3], ["random", 4], ["mac", 51]]) bad(`bit-${id}`, `one bit of ${id}`, "wrong value", { voucher: flip(voucher, at) });
  bad("truncated", "51 bytes", "truncated", { voucher: cut(voucher) });
  bad("longer", "53 bytes", "one byte too long", { voucher: longer(voucher) });
  bad("no-mac", "no MAC", "missing field", { voucher: voucher.slice(0, 20) });
}

export default function relay() {
  const page = new Page("relay", "spec/relay.md");
  grants(page);
  vouchers(page);
  return page;
}
