/** Hold what one side of a contact channel remembers, and write it down (spec/ratchet.md). */

import { WireError } from "../errors";
import { type Bytes, bytesUint, concat, uintBytes } from "../wire/bytes";
import { type Value, decodeUntrusted, encode, isArray, isMap } from "../wire/cbor";
import { Fields } from "../wire/fields";
import type { KemKeyPair } from "./kem";
import { EMPTY } from "./keySchedule";

export const SKIPPED_MOST = 2000;
const FORMAT = 1;
const SKIPPED_SIZE = 4 + 4 + 8 + 32;
const STATE_MOST = SKIPPED_MOST * SKIPPED_SIZE + 8192;

/** The own turn that is under way. */
export interface SendingTurn {
  readonly turn: number;
  readonly chainKey: Bytes;
  /** N of the next message. */
  readonly number: number;
  readonly ct: Bytes;
  readonly kemKey: Bytes;
}

/** The peer's turn that is under way. */
export interface ReceivingTurn {
  readonly turn: number;
  readonly chainKey: Bytes;
  /** N of the first message that was neither opened nor skipped. */
  readonly number: number;
}

/** The key of a message that has not come yet. */
export interface SkippedKey {
  readonly turn: number;
  readonly number: number;
  readonly messageKey: Bytes;
  /** When it was skipped, in Unix seconds. */
  readonly since: number;
}

/**
 * One side of a contact channel. Every step makes a new one; none changes.
 *
 * `kemSeed` is the private key of the own last turn until the peer used it, `peerKey` the public key
 * of the peer's last turn until the own next turn used it; empty otherwise.
 */
export interface RatchetState {
  readonly sid: Bytes;
  readonly myId: Bytes;
  readonly peerId: Bytes;
  readonly root: Bytes;
  readonly kemSeed: Bytes;
  readonly peerKey: Bytes;
  readonly previous: number;
  readonly sending: SendingTurn | null;
  readonly receiving: ReceivingTurn | null;
  readonly skipped: readonly SkippedKey[];
}

/** Give the number of the own last turn, 0 before any. */
export function ownTurn(state: RatchetState): number {
  return state.sending?.turn ?? 0;
}

/** Give the number of the peer's last turn, 0 before any. */
export function peerTurn(state: RatchetState): number {
  return state.receiving?.turn ?? 0;
}

/** Begin the inviter's side, whose turn 1 goes to the key of the accept. */
export function initiatorState(
  sid: Bytes,
  root0: Bytes,
  myId: Bytes,
  peerId: Bytes,
  peerKemKey: Bytes,
): RatchetState {
  return { ...fresh(sid, root0, myId, peerId), peerKey: peerKemKey };
}

/** Begin the other side, which waits for turn 1. */
export function responderState(
  sid: Bytes,
  root0: Bytes,
  myId: Bytes,
  peerId: Bytes,
  pair: KemKeyPair,
): RatchetState {
  return { ...fresh(sid, root0, myId, peerId), kemSeed: pair.seed };
}

function fresh(sid: Bytes, root: Bytes, myId: Bytes, peerId: Bytes): RatchetState {
  return {
    sid,
    myId,
    peerId,
    root,
    kemSeed: EMPTY,
    peerKey: EMPTY,
    previous: 0,
    sending: null,
    receiving: null,
    skipped: [],
  };
}

/** Write the state down for storage. The bytes are as secret as the keys in them. */
export function encodeState(state: RatchetState): Bytes {
  const { sending, receiving } = state;
  const turns: readonly (readonly [number, Value])[] = [
    [
      8,
      sending === null
        ? []
        : [sending.turn, sending.chainKey, sending.number, sending.ct, sending.kemKey],
    ],
    [9, receiving === null ? [] : [receiving.turn, receiving.chainKey, receiving.number]],
  ];
  return encode(
    new Map<number, Value>([
      [0, FORMAT],
      [1, state.sid],
      [2, state.myId],
      [3, state.peerId],
      [4, state.root],
      [5, state.kemSeed],
      [6, state.peerKey],
      [7, state.previous],
      ...turns,
      [10, concat(...state.skipped.map(encodeSkipped))],
    ]),
  );
}

/** Read a stored state back; damaged bytes throw `WireError`. */
export function decodeState(data: Bytes): RatchetState {
  const map = decodeUntrusted(data, STATE_MOST);
  if (!isMap(map)) throw damaged();
  const [sending, receiving] = [map.get(8), map.get(9)];
  const fields = new Fields(new Map([...map].filter(([key]) => key !== 8 && key !== 9)), "state");
  fields.uint(0, FORMAT, FORMAT);
  const state = {
    sid: fields.bytes(1),
    myId: fields.bytes(2),
    peerId: fields.bytes(3),
    root: fields.bytes(4),
    kemSeed: fields.bytes(5),
    peerKey: fields.bytes(6),
    previous: fields.uint(7),
    sending: decodeSending(sending),
    receiving: decodeReceiving(receiving),
    skipped: decodeSkipped(fields.bytes(10)),
  };
  fields.done();
  return state;
}

function decodeSending(value: Value | undefined): SendingTurn | null {
  const items = listOf(value, 5);
  if (items === null) return null;
  const fields = new Fields(new Map(items.entries()), "sending turn");
  return {
    turn: fields.uint(0),
    chainKey: fields.bytes(1),
    number: fields.uint(2),
    ct: fields.bytes(3),
    kemKey: fields.bytes(4),
  };
}

function decodeReceiving(value: Value | undefined): ReceivingTurn | null {
  const items = listOf(value, 3);
  if (items === null) return null;
  const fields = new Fields(new Map(items.entries()), "receiving turn");
  return { turn: fields.uint(0), chainKey: fields.bytes(1), number: fields.uint(2) };
}

function listOf(value: Value | undefined, size: number): readonly Value[] | null {
  if (value === undefined || !isArray(value)) throw damaged();
  if (value.length === 0) return null;
  if (value.length !== size) throw damaged();
  return value;
}

function encodeSkipped(key: SkippedKey): Bytes {
  return concat(
    uintBytes(key.turn, 4),
    uintBytes(key.number, 4),
    uintBytes(key.since, 8),
    key.messageKey,
  );
}

function decodeSkipped(data: Bytes): readonly SkippedKey[] {
  if (data.length % SKIPPED_SIZE !== 0) throw damaged();
  return Array.from({ length: data.length / SKIPPED_SIZE }, (_, index) => {
    const entry = data.slice(index * SKIPPED_SIZE, (index + 1) * SKIPPED_SIZE);
    return {
      turn: bytesUint(entry.subarray(0, 4)),
      number: bytesUint(entry.subarray(4, 8)),
      since: bytesUint(entry.subarray(8, 16)),
      messageKey: entry.slice(16),
    };
  });
}

function damaged(): WireError {
  return new WireError("the stored state of a contact is damaged");
}
