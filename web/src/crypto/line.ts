/** Agree on the keys of a line and protect its records (spec/line.md §1, §2). */

import { UsageError, WireError } from "../errors";
import { type Bytes, concat, own, uintBytes } from "../wire/bytes";
import { HANDSHAKE, M1_BYTES, M2_BYTES, RECORD, RECORDS_MOST, RECORD_BUCKETS } from "../wire/line";
import { TAG_SIZE, gcmKey, gcmOpenUntrusted, gcmSeal } from "./aead";
import * as kem from "./kem";
import type { KemKeyPair } from "./kem";
import { Label, type Rng, h, kdf } from "./keySchedule";
import { bucket, pad, unpadUntrusted } from "./padding";

export const SECRET_SIZE = 32;
const M2_SEALED_SIZE = 1 + kem.SEAL_OVERHEAD + SECRET_SIZE;
const NONCE_SIZE = 12;

/** The keys of a line's two directions and the line's public name. */
export interface LineKeys {
  readonly clientToHome: Bytes;
  readonly homeToClient: Bytes;
  readonly lineId: Bytes;
}

/** A record as it was opened. */
export interface OpenedRecord {
  readonly type: number;
  readonly body: Bytes;
}

/** Derive the keys of a line from both sides' secrets and `transcript`, the page's `th`. */
export function lineKeys(s1: Bytes, s2: Bytes, transcript: Bytes): LineKeys {
  const keys = kdf(concat(s1, s2), transcript, Label.LINE, 96);
  return {
    clientToHome: keys.slice(0, 32),
    homeToClient: keys.slice(32, 64),
    lineId: keys.slice(64),
  };
}

/**
 * Seal one record, without its kind byte, under a given counter. A line uses `Records`.
 *
 * It is padded to the smallest of `sizes` that fits; `UsageError` when none does.
 */
export async function sealRecord(
  key: Bytes | CryptoKey,
  counter: number,
  recordType: number,
  body: Bytes,
  sizes: readonly number[] = RECORD_BUCKETS,
): Promise<Bytes> {
  const plaintext = concat(Uint8Array.of(recordType), body);
  const padded = pad(plaintext, bucket(plaintext.length, sizes));
  return gcmSeal(key, uintBytes(counter, NONCE_SIZE), padded);
}

/** Open one record, without its kind byte, or throw `WireError`. */
export async function openRecordUntrusted(
  key: Bytes | CryptoKey,
  counter: number,
  record: Bytes,
): Promise<OpenedRecord> {
  if (!RECORD_BUCKETS.some((size) => size === record.length - TAG_SIZE)) {
    throw new WireError(`bad message: no record has ${record.length} bytes`);
  }
  const padded = await gcmOpenUntrusted(key, uintBytes(counter, NONCE_SIZE), record);
  const plaintext = unpadUntrusted(padded);
  const [type] = plaintext;
  if (type === undefined) throw new WireError("bad message: a record without a type");
  return { type, body: plaintext.slice(1) };
}

/**
 * Seal and open the records of one line, in order, each direction under its own key.
 *
 * Counters are implicit and private: no caller can repeat one. WebCrypto answers later and in any
 * order, so each direction waits for its own last record: promises settle in the order of the calls.
 */
export class Records {
  readonly lineId: Bytes;
  readonly #sendKey: Promise<CryptoKey>;
  readonly #receiveKey: Promise<CryptoKey>;
  #sent = 0;
  #opened = 0;
  #isBroken = false;
  #lastSealed: Promise<unknown> = Promise.resolve();
  #lastOpened: Promise<unknown> = Promise.resolve();

  constructor(sendKey: Bytes, receiveKey: Bytes, lineId: Bytes) {
    this.lineId = lineId;
    this.#sendKey = gcmKey(sendKey);
    this.#receiveKey = gcmKey(receiveKey);
  }

  /**
   * Make the next WebSocket message, kind byte included.
   *
   * A body that fits no bucket throws `UsageError`, and so does the record after the last: a line
   * ends before its nonces do.
   */
  async seal(type: number, body: Bytes): Promise<Bytes> {
    return concat(Uint8Array.of(RECORD), await this.sealBare(type, body, RECORD_BUCKETS));
  }

  /** Seal the next record without its kind byte, padded to one of `sizes`. */
  sealBare(type: number, body: Bytes, sizes: readonly number[]): Promise<Bytes> {
    const sealed = this.#lastSealed.then(() => this.#sealNext(type, body, sizes));
    this.#lastSealed = sealed.catch(nothing);
    return sealed;
  }

  /**
   * Open the next WebSocket message of the peer into its type and body.
   *
   * After one `WireError` nothing opens any more: the line must be closed.
   */
  openUntrusted(message: Bytes): Promise<OpenedRecord> {
    return this.#inOrder(() => {
      if (message[0] !== RECORD) {
        this.#isBroken = true;
        throw new WireError("bad message: this is no record");
      }
      return this.#openNextUntrusted(message.slice(1));
    });
  }

  /** Open the next record when its kind byte is already off. */
  openBareUntrusted(record: Bytes): Promise<OpenedRecord> {
    return this.#inOrder(() => this.#openNextUntrusted(record));
  }

  #inOrder(open: () => Promise<OpenedRecord>): Promise<OpenedRecord> {
    const opened = this.#lastOpened.then(open);
    this.#lastOpened = opened.catch(nothing);
    return opened;
  }

  async #sealNext(type: number, body: Bytes, sizes: readonly number[]): Promise<Bytes> {
    if (this.#sent >= RECORDS_MOST) {
      throw new UsageError("this line has sent all the records it may: open a new one");
    }
    const counter = this.#sent;
    const record = await sealRecord(await this.#sendKey, counter, type, body, sizes);
    this.#sent = counter + 1;
    return record;
  }

  async #openNextUntrusted(record: Bytes): Promise<OpenedRecord> {
    if (this.#isBroken || this.#opened >= RECORDS_MOST) {
      throw new WireError("bad message: this line is over");
    }
    // Set first, so that whatever goes wrong leaves the line broken.
    this.#isBroken = true;
    const opened = await openRecordUntrusted(await this.#receiveKey, this.#opened, record);
    this.#opened += 1;
    this.#isBroken = false;
    return opened;
  }
}

function nothing(): void {
  // Whoever asked for the record hears of the failure; the queue only goes on.
}

/** What a finished handshake gives: the records, and the home's hello. */
export interface FinishedHandshake {
  readonly records: Records;
  readonly hello: OpenedRecord;
}

/** The client's half of a handshake between m1 and m2; use it once. */
export class ClientHandshake {
  readonly m1: Bytes;
  readonly #lineKey: Bytes;
  #ephemeral: KemKeyPair | null;
  readonly #s1: Bytes;

  constructor(m1: Bytes, lineKey: Bytes, ephemeral: KemKeyPair, s1: Bytes) {
    this.m1 = m1;
    this.#lineKey = lineKey;
    this.#ephemeral = ephemeral;
    this.#s1 = own(s1);
  }

  /**
   * Check the home's answer; give the records and the hello.
   *
   * Only who has the home's private line key can make an m2 that passes; anything else throws
   * `WireError`. The ephemeral key is forgotten either way.
   */
  async finishUntrusted(m2: Bytes): Promise<FinishedHandshake> {
    const ephemeral = this.#ephemeral;
    this.#ephemeral = null;
    if (ephemeral === null) throw new UsageError("a handshake can be finished once");
    if (m2.length !== M2_BYTES || m2[0] !== HANDSHAKE) {
      throw new WireError("bad message: this is no answer to a handshake");
    }
    const sealedPart = m2.slice(0, M2_SEALED_SIZE);
    const ctx = h(this.m1, this.#lineKey);
    const s2 = await kem.openUntrusted(ephemeral, sealedPart.slice(1), Label.LINE_M2, ctx);
    const keys = lineKeys(this.#s1, s2, h(this.#lineKey, this.m1, sealedPart));
    this.#s1.fill(0);
    const records = new Records(keys.clientToHome, keys.homeToClient, keys.lineId);
    return { records, hello: await records.openBareUntrusted(m2.slice(M2_SEALED_SIZE)) };
  }
}

/** Begin a line to the home that has this public line key. */
export async function clientStart(lineKey: Bytes, rng: Rng): Promise<ClientHandshake> {
  const ephemeral = await kem.keyPair(rng(kem.SEED_SIZE));
  const s1 = rng(SECRET_SIZE);
  const sealed = await kem.seal(
    lineKey,
    concat(ephemeral.publicKey, s1),
    Label.LINE_M1,
    h(lineKey),
  );
  return new ClientHandshake(concat(Uint8Array.of(HANDSHAKE), sealed), lineKey, ephemeral, s1);
}

/** Answer a client's m1 with m2, or throw `WireError`: the home's half, for tests without a home. */
export async function homeRespondUntrusted(
  pair: KemKeyPair,
  m1: Bytes,
  hello: OpenedRecord,
  rng: Rng,
): Promise<{ readonly m2: Bytes; readonly records: Records }> {
  const [ephemeral, s1] = await openM1Untrusted(pair, m1);
  const s2 = rng(SECRET_SIZE);
  const sealed = await kem.seal(ephemeral, s2, Label.LINE_M2, h(m1, pair.publicKey));
  const sealedPart = concat(Uint8Array.of(HANDSHAKE), sealed);
  const keys = lineKeys(s1, s2, h(pair.publicKey, m1, sealedPart));
  const records = new Records(keys.homeToClient, keys.clientToHome, keys.lineId);
  // The hello always takes the smallest bucket: m2 has one size.
  const rec0 = await records.sealBare(hello.type, hello.body, RECORD_BUCKETS.slice(0, 1));
  return { m2: concat(sealedPart, rec0), records };
}

/** Open a client's m1 into its ephemeral public key and s1, or throw `WireError`. */
export async function openM1Untrusted(
  pair: KemKeyPair,
  m1: Bytes,
): Promise<readonly [Bytes, Bytes]> {
  if (m1.length !== M1_BYTES || m1[0] !== HANDSHAKE) {
    throw new WireError("bad message: this is no handshake");
  }
  const opened = await kem.openUntrusted(pair, m1.slice(1), Label.LINE_M1, h(pair.publicKey));
  const ephemeral = opened.slice(0, kem.PUBLIC_SIZE);
  kem.checkPublicUntrusted(ephemeral);
  return [ephemeral, opened.slice(kem.PUBLIC_SIZE)];
}
