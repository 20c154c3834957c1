/** The sizes of a line and the messages about the line itself (spec/line.md). */

import { Bye, FEATURES_MOST, RecordType } from "./codes";
import { Status } from "./status";
import { type Of, code, message, optionalBytes, optionalUints, request, uint } from "./structure";

export const HANDSHAKE = 0x01;
export const RECORD = 0x02;
export const MEDIA = 0x03;

export const M1_BYTES = 2385;
export const M2_BYTES = 1441;
export const LINE_ID_BYTES = 32;

/** The sizes of a record's padded plaintext; the smallest that fits is used (spec/line.md §2). */
export const RECORD_BUCKETS = [256, 1024, 4352, 16_640, 65_792] as const;

/** What the largest bucket holds beside the type and the first byte of padding. */
export const BODY_MOST = RECORD_BUCKETS[4] - 2;

/** The largest WebSocket message of a line: kind, padded plaintext, tag. */
export const MESSAGE_MOST = 1 + RECORD_BUCKETS[4] + 16;

export const RECORDS_MOST = 2 ** 32;

/** Open a line from the home's side: it confirms the home's key (spec/line.md §4). */
export const Hello = message(
  RecordType.HELLO,
  "hello",
  {
    /** The home's clock in Unix seconds. */
    now: uint(1),
    /** How many deliveries of one mailbox may be unacknowledged. */
    window: uint(2, 1),
    /** After how many silent seconds the home closes the line. */
    idle: uint(3, 1),
    /** What the home understands beyond the beginnings of version 1, known here or not. */
    features: optionalUints(4, FEATURES_MOST),
  },
  { versioned: true },
);
export type Hello = Of<typeof Hello>;

/** Answer the request `q`; `data` is a grant, a voucher or a seat's answer where one was asked for. */
export const Reply = message(RecordType.REPLY, "reply", {
  q: request(),
  /** One of a later release reads as `BAD_REQUEST`. */
  status: code(1, Status, Status.BAD_REQUEST),
  data: optionalBytes(2),
});
export type Reply = Of<typeof Reply>;

/** Keep a silent line alive; the reply shows that the home is there. */
export const Ping = message(RecordType.PING, "ping", { q: request() });
export type Ping = Of<typeof Ping>;

/** Say why the home closes the line. */
export const Byes = message(RecordType.BYE, "bye", { reason: code(1, Bye, Bye.UNKNOWN) });
export type Byes = Of<typeof Byes>;
