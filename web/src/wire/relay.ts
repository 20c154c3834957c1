/** Grants, and the requests and pushes about rooms (spec/relay.md §1). */

import { WireError } from "../errors";
import { type Bytes, bytesUint, concat, uintBytes } from "./bytes";
import { RecordType } from "./codes";
import { type Of, bool, bytes, id, message, request, uint } from "./structure";

export const GRANT_BYTES = 96;
export const SIGNED_BYTES = 64;
export const HANDLE_MOST = 7;

/** The largest body of a room control: its kind and one small envelope. */
export const CONTROL_MOST = 4097;

/** What a home needs to let two seats meet, MACed by its relay key. */
export interface Grant {
  readonly room: Bytes;
  /** First 16 bytes of SHA-256 of the secret of seat 0. */
  readonly h0: Bytes;
  readonly h1: Bytes;
  /** Unix seconds, by the home's clock. */
  readonly exp: number;
  /** Tells the rooms of one mailbox together without naming the mailbox. */
  readonly owner: Bytes;
  readonly packetsPerS: number;
  readonly kbitPerS: number;
  readonly mac: Bytes;
}

/** Encode a grant in its 96 bytes, of which the MAC covers the first 64. */
export function encodeGrant(grant: Grant): Bytes {
  return concat(
    grant.room,
    grant.h0,
    grant.h1,
    uintBytes(grant.exp, 4),
    grant.owner,
    uintBytes(grant.packetsPerS, 2),
    uintBytes(grant.kbitPerS, 2),
    grant.mac,
  );
}

/** Decode a grant without judging its MAC or its expiry. */
export function parseGrantUntrusted(data: Bytes): Grant {
  if (data.length !== GRANT_BYTES) {
    throw new WireError(`a grant of ${data.length} bytes, it has ${GRANT_BYTES}`);
  }
  return {
    room: data.slice(0, 16),
    h0: data.slice(16, 32),
    h1: data.slice(32, 48),
    exp: bytesUint(data.subarray(48, 52)),
    owner: data.slice(52, 60),
    packetsPerS: bytesUint(data.subarray(60, 62)),
    kbitPerS: bytesUint(data.subarray(62, 64)),
    mac: data.slice(64),
  };
}

/** Ask for a grant of a room with two seats. */
export const GetGrant = message(RecordType.GRANT, "grant request", {
  q: request(),
  mailbox: id(1),
  room: id(2),
  h0: bytes(3, 16),
  h1: bytes(4, 16),
});
export type GetGrant = Of<typeof GetGrant>;

/** Take a seat of a room by showing its secret. */
export const Join = message(RecordType.JOIN, "join", {
  q: request(),
  /** The client's own number for the room on this line, 0 to 7. */
  handle: uint(1, 0, HANDLE_MOST),
  grant: bytes(2, GRANT_BYTES),
  seat: uint(3, 0, 1),
  secret: bytes(4, 16),
});
export type Join = Of<typeof Join>;

/** Give a seat up. */
export const Leave = message(RecordType.LEAVE, "leave", {
  q: request(),
  handle: uint(1, 0, HANDLE_MOST),
});
export type Leave = Of<typeof Leave>;

/** Tell a line whether the other seat of a room has a line. */
export const RoomPeer = message(RecordType.ROOM_PEER, "room_peer", {
  handle: uint(1, 0, HANDLE_MOST),
  present: bool(2),
});
export type RoomPeer = Of<typeof RoomPeer>;

/** Carry one control body from seat to seat; the relay does not look inside. */
export const RoomControl = message(RecordType.ROOM_CONTROL, "room_control", {
  handle: uint(1, 0, HANDLE_MOST),
  body: bytes(2, undefined, CONTROL_MOST),
});
export type RoomControl = Of<typeof RoomControl>;
