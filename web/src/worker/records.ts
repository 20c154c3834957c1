/** Write down what a store holds besides people: unsent envelopes, running calls, past calls. */

import { address } from "../protocol/contact";
import {
  type Of,
  bool,
  bytes,
  code,
  flag,
  optionalCode,
  optionalMaps,
  structure,
  text,
  uint,
  uintOr,
} from "../wire/structure";
import type { EndReason, Failure, MomentKind } from "./messages";

/** Moments that are remembered of one call. */
export const MOMENTS_MOST = 32;

/** One envelope that the home has not taken yet; resent as it is, never sealed again. */
export const OutboxRecord = structure(
  "outbox item",
  {
    contact: bytes(1),
    to: address(2),
    /** Its writer and number at the home (spec/mailbox.md §1). */
    putId: bytes(3, 16),
    envelope: bytes(4),
    isOfCall: flag(5),
    /** When it was sealed, in Unix seconds; 0 in an earlier release. */
    made: uintOr(6, 0),
  },
  { versioned: true, isOwn: true },
);
export type OutboxRecord = Of<typeof OutboxRecord>;

/** An envelope with its local number, which grows: the order of sending. */
export interface OutboxItem extends OutboxRecord {
  readonly id: string;
}

export const Direction = { IN: 1, OUT: 2, MISSED: 3 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/** What can be seen of a call. */
export const What = {
  reached: 1,
  came: 2,
  rang: 3,
  locked: 4,
  sound: 5,
  silent: 6,
  unheard: 7,
  lineLost: 8,
  lineBack: 9,
  lowered: 10,
  ended: 11,
} as const satisfies Readonly<Record<MomentKind, number>>;
export type What = (typeof What)[MomentKind];

/** One thing that was seen: whole seconds after the beginning, and how long it lasted. */
export const MomentRecord = structure("moment of a call", {
  what: code(1, What),
  at: uint(2),
  length: uint(3),
});
export type MomentRecord = Of<typeof MomentRecord>;

/** Why a call ended. */
export const Reason = {
  hangup: 1,
  remote_hangup: 2,
  cancelled: 3,
  declined: 4,
  busy: 5,
  away: 6,
  no_answer: 7,
  full: 8,
  lost: 9,
  unreachable: 10,
  alarm: 11,
  altered: 12,
  out_of_step: 13,
  answered_elsewhere: 14,
  failed: 15,
} as const satisfies Readonly<Record<EndReason, number>>;
export type Reason = (typeof Reason)[EndReason];

/** Why the home could not be reached: the strings of spec/failures.md. */
export const FailureCode = {
  connection_refused: 1,
  connection_reset: 2,
  generic_timeout_error: 3,
  dns_nxdomain_error: 4,
  dns_lookup_error: 5,
  host_unreachable: 6,
  ssl_failed_handshake: 7,
  eof_error: 8,
  http_not_a_home: 9,
  line_wrong_key: 10,
  line_mute: 11,
  unknown_failure: 12,
  newer_release: 13,
} as const satisfies Readonly<Record<Failure, number>>;
export type FailureCode = (typeof FailureCode)[Failure];

/** One past call. */
export const LogRecord = structure(
  "past call",
  {
    contact: bytes(1),
    name: text(2, 256),
    direction: code(3, Direction),
    /** Unix seconds, by this device's clock. */
    at: uint(4),
    durationS: uint(5),
    seen: bool(6),
    /** A call of an earlier version of this page has neither these nor moments. */
    reason: optionalCode(7, Reason),
    failure: optionalCode(8, FailureCode),
    story: optionalMaps(9, MOMENTS_MOST, MomentRecord),
  },
  { versioned: true, isOwn: true },
);
export type LogRecord = Of<typeof LogRecord>;

/**
 * A call that this page has offered or answered and not ended.
 *
 * Its keys were in memory only: a page that starts and finds one has to end it (spec/call.md §3).
 */
export const OpenCall = structure(
  "running call",
  { contact: bytes(1), direction: code(2, Direction), at: uint(3) },
  { versioned: true, isOwn: true },
);
export type OpenCall = Of<typeof OpenCall>;

/** Give the name of a code; null for none. */
export function nameOf<Name extends string>(
  codes: Readonly<Record<Name, number>>,
  code: number | null,
): Name | null;
// The overload says what `Object.entries` cannot: its keys are the names.
export function nameOf(codes: Readonly<Record<string, number>>, code: number | null): string | null {
  return Object.entries(codes).find(([, known]) => known === code)?.[0] ?? null;
}
