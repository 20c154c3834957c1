/** Write down what a store holds besides people: unsent envelopes, running calls, past calls. */

import { address } from "../protocol/contact";
import { type Of, bool, bytes, code, structure, text, uint } from "../wire/structure";

/** One envelope that the home has not taken yet; resent as it is, never sealed again. */
export const OutboxRecord = structure(
  "outbox item",
  { contact: bytes(1), to: address(2), putId: bytes(3, 16), envelope: bytes(4) },
  { versioned: true },
);
export type OutboxRecord = Of<typeof OutboxRecord>;

/** An envelope with its local number, which grows: the order of sending. */
export interface OutboxItem extends OutboxRecord {
  readonly id: string;
}

export const Direction = { IN: 1, OUT: 2, MISSED: 3 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

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
  },
  { versioned: true },
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
  { versioned: true },
);
export type OpenCall = Of<typeof OpenCall>;
