/** The numbers of the registry (spec/registry.md §3 and §5, ratchet §5, call §4). */

/** What the body of a line's record is (registry §3). */
export const RecordType = {
  CREATE: 0x10,
  PUT: 0x11,
  SUBSCRIBE: 0x12,
  ACK: 0x13,
  CLOSE_MAILBOX: 0x14,
  PUT_BUNDLE: 0x15,
  DELETE_BUNDLE: 0x16,
  VOUCHER: 0x17,
  GRANT: 0x18,
  JOIN: 0x19,
  LEAVE: 0x1a,
  PING: 0x1b,
  DOCUMENT: 0x1c,
  ROOM_CONTROL: 0x20,
  HELLO: 0x30,
  REPLY: 0x31,
  DELIVER: 0x32,
  REPLACED: 0x33,
  ROOM_PEER: 0x34,
  BYE: 0x35,
} as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

/** What a home does beyond the beginnings of version 1 (registry §7); it may name others too. */
export const Feature = { PUT_NUMBERS: 1 } as const;
export type Feature = (typeof Feature)[keyof typeof Feature];

/** How many numbers a home may name. */
export const FEATURES_MOST = 32;

/** Why a home closes a line (registry §5). */
export const Bye = {
  /** Never sent: stands for a reason of a later release. */
  UNKNOWN: 0,
  STOPPING: 1,
  TOO_MANY_LINES: 2,
  TOO_SLOW: 3,
  IDLE: 4,
  BAD_REQUEST: 5,
} as const;
export type Bye = (typeof Bye)[keyof typeof Bye];

/** Why an invitation bundle is deleted (spec/mailbox.md). */
export const BundleEnd = { USED: 1, CANCELLED: 2 } as const;
export type BundleEnd = (typeof BundleEnd)[keyof typeof BundleEnd];

/** Why an accept was refused (registry §5). */
export const RefusedReason = { USED: 1, EXPIRED: 2 } as const;
export type RefusedReason = (typeof RefusedReason)[keyof typeof RefusedReason];

/** Why a call was ended by its other side (registry §5). */
export const HangupReason = { HUNG_UP: 1, ALARM: 2, LOST: 3, FAILED: 4 } as const;
export type HangupReason = (typeof HangupReason)[keyof typeof HangupReason];

/** What a control message in a room means (spec/call.md §4). */
export const ControlKind = {
  RINGING: 1,
  ALIVE: 2,
  CANCEL: 3,
  DECLINE: 4,
  BUSY: 5,
  REVEAL: 6,
  REVEAL_ACK: 7,
  HANGUP: 8,
  MOVED: 9,
} as const;
export type ControlKind = (typeof ControlKind)[keyof typeof ControlKind];

/** What the body of a room control is: its first byte (spec/call.md §4). */
export const RoomBody = { ENVELOPE: 1, CONTROL: 2 } as const;
export type RoomBody = (typeof RoomBody)[keyof typeof RoomBody];

/**
 * What a message of the contact channel carries (spec/ratchet.md §5).
 *
 * A receiver ignores other numbers after authentication: a later version may have more.
 */
export const BodyKind = {
  WELCOME: 1,
  REFUSED: 2,
  CONFIRM: 3,
  OFFER: 4,
  ANSWER: 5,
  CANCEL: 6,
  DECLINE: 7,
  BUSY: 8,
  HANGUP: 9,
  OUT_OF_STEP: 10,
  ENDPOINTS: 11,
  ABLE: 12,
} as const;
export type BodyKind = (typeof BodyKind)[keyof typeof BodyKind];
