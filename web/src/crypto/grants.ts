/**
 * Hash the secret of a seat, and read what a home grants (spec/relay.md §1, mailbox §1).
 *
 * Minting and verifying are a home's work. They stand here, unused by the page and left out of its
 * build, so that the vectors of the relay hold in both languages.
 */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

import { WireError } from "../errors";
import { type Bytes, bytesUint, concat, equal, own, uintBytes, utf8 } from "../wire/bytes";
import { VOUCHER_BYTES } from "../wire/mailbox";
import { type Grant, SIGNED_BYTES, encodeGrant, parseGrantUntrusted } from "../wire/relay";
import { Label, type Rng, sha256 } from "./keySchedule";

export const SEAT_HASH_SIZE = 16;
export const OWNER_SIZE = 8;
const MAC_SIZE = 32;
const EXPIRY_SIZE = 4;

/** A grant or voucher is genuine, and its time is over. */
export class ExpiredError extends WireError {
  override readonly name = "ExpiredError";
}

/** The permission to create one mailbox until `exp` (Unix seconds of the home). */
export interface Voucher {
  readonly exp: number;
  readonly random: Bytes;
}

/** Give what a grant says of a seat's secret. */
export function seatHash(secret: Bytes): Bytes {
  return sha256(secret).slice(0, SEAT_HASH_SIZE);
}

/** Throw `WireError` unless this secret opens this seat; takes the same time either way. */
export function checkSeatUntrusted(grant: Grant, seat: number, secret: Bytes): void {
  if (!equal(seatHash(secret), seat === 0 ? grant.h0 : grant.h1)) {
    throw new WireError("bad message: this secret does not open the seat");
  }
}

/** Name the owner of a room to the relay without naming the mailbox. */
export function ownerTag(relayKey: Bytes, mailbox: Bytes): Bytes {
  return mac(relayKey, Label.OWNER, mailbox).slice(0, OWNER_SIZE);
}

/** Write a grant of 96 bytes for one room. */
export function mintGrant(relayKey: Bytes, grant: Omit<Grant, "mac">): Bytes {
  const unsigned = encodeGrant({ ...grant, mac: new Uint8Array(MAC_SIZE) });
  const signed = unsigned.slice(0, SIGNED_BYTES);
  return concat(signed, mac(relayKey, Label.GRANT, signed));
}

/** Give a grant of this home that is still valid; `ExpiredError` or `WireError` otherwise. */
export function verifyGrantUntrusted(relayKey: Bytes, grant: Bytes, now: number): Grant {
  const parsed = parseGrantUntrusted(grant);
  if (!equal(mac(relayKey, Label.GRANT, grant.slice(0, SIGNED_BYTES)), parsed.mac)) {
    throw new WireError("bad message: no grant of this home");
  }
  if (now > parsed.exp) throw new ExpiredError("this grant has expired");
  return parsed;
}

/** Write a voucher of 52 bytes, valid until `exp` (Unix seconds of the home). */
export function mintVoucher(relayKey: Bytes, exp: number, rng: Rng): Bytes {
  const random = rng(VOUCHER_BYTES - EXPIRY_SIZE - MAC_SIZE);
  const signed = concat(uintBytes(exp, EXPIRY_SIZE), random);
  return concat(signed, mac(relayKey, Label.VOUCHER, signed));
}

/** Give a voucher of this home that is still valid; `ExpiredError` or `WireError` otherwise. */
export function verifyVoucherUntrusted(relayKey: Bytes, voucher: Bytes, now: number): Voucher {
  if (voucher.length !== VOUCHER_BYTES) {
    throw new WireError(`bad message: a voucher has ${VOUCHER_BYTES} bytes`);
  }
  const signed = voucher.slice(0, -MAC_SIZE);
  if (!equal(mac(relayKey, Label.VOUCHER, signed), voucher.slice(-MAC_SIZE))) {
    throw new WireError("bad message: no voucher of this home");
  }
  const exp = bytesUint(signed.subarray(0, EXPIRY_SIZE));
  if (now > exp) throw new ExpiredError("this voucher has expired");
  return { exp, random: signed.slice(EXPIRY_SIZE) };
}

function mac(relayKey: Bytes, label: Label, data: Bytes): Bytes {
  return own(hmac(nobleSha256, relayKey, concat(utf8(label), Uint8Array.of(0), data)));
}
