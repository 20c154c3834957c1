/** Seal media frames with SFrame (RFC 9605; spec/media.md §1). */

import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";

import { UsageError, WireError } from "../errors";
import { type Bytes, concat, own, utf8 } from "../wire/bytes";
import { NONCE_SIZE, TAG_SIZE, gcmKey, gcmOpenUntrusted, gcmSeal } from "./aead";
import { EMPTY } from "./keySchedule";

/** Where a sender starts, so that the header has 5 bytes for all of a call. */
export const FIRST_CTR = 2n ** 24n;
export const LAST_CTR = 2n ** 32n - 1n;
export const WINDOW = 1024;

const SUITES = {
  4: { hash: sha256, keySize: 16 },
  5: { hash: sha512, keySize: 32 },
} as const;
export type Suite = keyof typeof SUITES;

/** Which encoder sealed a frame, under which counter, and where its ciphertext begins. */
export interface FrameHeader {
  readonly kid: bigint;
  readonly ctr: bigint;
  readonly size: number;
}

/** What one base key gives for one KID. */
export interface FrameKeys {
  readonly key: Bytes;
  readonly salt: Bytes;
}

/** The same, with the key where WebCrypto keeps it. */
interface ReadyKeys {
  readonly key: CryptoKey;
  readonly salt: Bytes;
}

/** Derive key and salt (RFC 9605 §4.4.2). */
export function frameKeys(baseKey: Bytes, kid: bigint, suite: Suite = 5): FrameKeys {
  const { hash, keySize } = SUITES[suite];
  const context = concat(bigBytes(kid, 8), Uint8Array.of(0, suite));
  const secret = extract(hash, baseKey, EMPTY);
  const derive = (purpose: string, size: number): Bytes =>
    own(expand(hash, secret, concat(utf8(purpose), context), size));
  return {
    key: derive("SFrame 1.0 Secret key ", keySize),
    salt: derive("SFrame 1.0 Secret salt ", NONCE_SIZE),
  };
}

/**
 * Seal one frame under a given counter. For vectors; a call uses `SFrameSender`.
 *
 * Two frames under one key, KID and counter give both away.
 */
export async function sealFrame(
  baseKey: Bytes,
  kid: bigint,
  ctr: bigint,
  plaintext: Bytes,
  suite: Suite = 5,
  metadata: Bytes = EMPTY,
): Promise<Bytes> {
  return sealWith(await ready(frameKeys(baseKey, kid, suite)), kid, ctr, plaintext, metadata);
}

/** Open one frame of this KID into its counter and plaintext, or throw `WireError`. */
export async function openFrameUntrusted(
  baseKey: Bytes,
  kid: bigint,
  data: Bytes,
  suite: Suite = 5,
  metadata: Bytes = EMPTY,
): Promise<readonly [bigint, Bytes]> {
  const header = parseHeaderOfUntrusted(kid, data);
  const keys = await ready(frameKeys(baseKey, kid, suite));
  return [header.ctr, await openWithUntrusted(keys, header, data, metadata)];
}

/**
 * Seal the frames of one encoder, each under a counter that no one else can touch.
 *
 * Sealing twice under one counter is impossible by construction: the counter only grows, is taken
 * before anything can fail or wait, cannot be passed in, and private members are never cloned or
 * stored. Sealed bytes are copied where a frame must travel twice (spec/media.md §1).
 */
export class SFrameSender {
  readonly #kid: bigint;
  readonly #keys: Promise<ReadyKeys>;
  #next = FIRST_CTR;

  constructor(baseKey: Bytes, kid = 0) {
    this.#kid = BigInt(kid);
    this.#keys = ready(frameKeys(baseKey, this.#kid));
  }

  /** Seal the next frame. */
  async seal(plaintext: Bytes): Promise<Bytes> {
    const ctr = this.#next;
    this.#next += 1n;
    if (ctr > LAST_CTR) throw new UsageError("this call has sealed all the frames it may");
    return sealWith(await this.#keys, this.#kid, ctr, plaintext, EMPTY);
  }
}

/**
 * Open the frames of one remote encoder, each counter once.
 *
 * The last 1024 counters are remembered; a counter is marked only after its frame was authenticated,
 * so a forged frame cannot push a real one out.
 */
export class SFrameReceiver {
  readonly #kid: bigint;
  readonly #keys: Promise<ReadyKeys>;
  #highest = -1n;
  // Each counter of the window has a slot of its own, which holds it once it was opened.
  readonly #opened = new Array<bigint>(WINDOW).fill(-1n);

  constructor(baseKey: Bytes, kid = 0) {
    this.#kid = BigInt(kid);
    this.#keys = ready(frameKeys(baseKey, this.#kid));
  }

  /** Open a frame; null for a duplicate or one too old, `WireError` for all else. */
  async openUntrusted(data: Bytes): Promise<Bytes | null> {
    const header = parseHeaderOfUntrusted(this.#kid, data);
    if (this.#isOver(header.ctr)) return null;
    const plaintext = await openWithUntrusted(await this.#keys, header, data, EMPTY);
    // Asked again: while this frame was being opened, a copy of it may have been.
    if (this.#isOver(header.ctr)) return null;
    this.#mark(header.ctr);
    return plaintext;
  }

  #isOver(ctr: bigint): boolean {
    return this.#highest - ctr >= WINDOW || this.#opened[slot(ctr)] === ctr;
  }

  #mark(ctr: bigint): void {
    this.#opened[slot(ctr)] = ctr;
    if (ctr > this.#highest) this.#highest = ctr;
  }
}

function slot(ctr: bigint): number {
  return Number(ctr % BigInt(WINDOW));
}

async function ready({ key, salt }: FrameKeys): Promise<ReadyKeys> {
  return { key: await gcmKey(key), salt };
}

async function sealWith(
  { key, salt }: ReadyKeys,
  kid: bigint,
  ctr: bigint,
  plaintext: Bytes,
  metadata: Bytes,
): Promise<Bytes> {
  const header = encodeHeader(kid, ctr);
  const sealed = await gcmSeal(key, nonce(salt, ctr), plaintext, concat(header, metadata));
  return concat(header, sealed);
}

async function openWithUntrusted(
  { key, salt }: ReadyKeys,
  header: FrameHeader,
  data: Bytes,
  metadata: Bytes,
): Promise<Bytes> {
  if (data.length < header.size + TAG_SIZE) {
    throw new WireError("bad message: a frame shorter than its tag");
  }
  const aad = concat(data.slice(0, header.size), metadata);
  return gcmOpenUntrusted(key, nonce(salt, header.ctr), data.slice(header.size), aad);
}

/** Combine salt and counter (RFC 9605 §4.4.3). */
function nonce(salt: Bytes, ctr: bigint): Bytes {
  const counter = bigBytes(ctr, NONCE_SIZE);
  return salt.map((byte, index) => byte ^ (counter[index] ?? 0));
}

/** Write KID and CTR in as few bytes as they need (RFC 9605 §4.3). */
export function encodeHeader(kid: bigint, ctr: bigint): Bytes {
  const [kidField, kidBytes] = encodeNumber(kid);
  const [ctrField, ctrBytes] = encodeNumber(ctr);
  return concat(Uint8Array.of((kidField << 4) | ctrField), kidBytes, ctrBytes);
}

function encodeNumber(value: bigint): readonly [number, Bytes] {
  if (value < 8n) return [Number(value), EMPTY];
  const size = Math.ceil(value.toString(16).length / 2);
  return [8 | (size - 1), bigBytes(value, size)];
}

/** Read the header in front of a frame, or throw `WireError`. */
export function parseHeaderUntrusted(data: Bytes): FrameHeader {
  const [first] = data;
  if (first === undefined) throw new WireError("bad message: an empty frame");
  const [kid, afterKid] = parseNumberUntrusted(data, 1, first >> 4);
  const [ctr, size] = parseNumberUntrusted(data, afterKid, first & 15);
  return { kid, ctr, size };
}

function parseHeaderOfUntrusted(kid: bigint, data: Bytes): FrameHeader {
  const header = parseHeaderUntrusted(data);
  if (header.kid !== kid) {
    throw new WireError("bad message: a frame of another encoder");
  }
  return header;
}

function parseNumberUntrusted(
  data: Bytes,
  offset: number,
  field: number,
): readonly [bigint, number] {
  if (field < 8) return [BigInt(field), offset];
  const end = offset + (field & 7) + 1;
  if (data.length < end) throw new WireError("bad message: a frame shorter than its header");
  const value = data.subarray(offset, end).reduce((big, byte) => (big << 8n) | BigInt(byte), 0n);
  if (encodeNumber(value)[0] !== field) {
    throw new WireError("bad message: a number in more bytes than it needs");
  }
  return [value, end];
}

function bigBytes(value: bigint, size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = size - 1, rest = value; at >= 0; at -= 1, rest >>= 8n) {
    bytes[at] = Number(rest & 0xffn);
  }
  return bytes;
}
