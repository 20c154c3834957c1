/** Tell apart what travels in the records of a line (spec/registry.md §3). */

import { WireError } from "../errors";
import type { Bytes } from "./bytes";
import { RecordType } from "./codes";
import { GetDocument } from "./document";
import { Byes, Hello, Ping, Reply } from "./line";
import {
  Ack,
  CloseMailbox,
  Create,
  DeleteBundle,
  Deliver,
  GetVoucher,
  Put,
  PutBundle,
  Replaced,
  Subscribe,
} from "./mailbox";
import { GetGrant, Join, Leave, RoomControl, RoomPeer } from "./relay";
import { type Message, type Of, request, structure } from "./structure";

const REQUESTS = [
  Create,
  Put,
  Subscribe,
  Ack,
  CloseMailbox,
  PutBundle,
  DeleteBundle,
  GetVoucher,
  GetGrant,
  Join,
  Leave,
  Ping,
  GetDocument,
  RoomControl,
] as const;
const PUSHES = [Hello, Reply, Deliver, Replaced, RoomPeer, RoomControl, Byes] as const;

type ValueIn<Kinds> = Kinds extends readonly (infer Kind)[]
  ? Kind extends Message<infer Type, infer Body>
    ? Body & { readonly type: Type }
    : never
  : never;

/** What a client says to its home. All but `RoomControl` get a `Reply`. */
export type Request = ValueIn<typeof REQUESTS>;

/** What a home says to a client. */
export type Push = ValueIn<typeof PUSHES>;

/** Give the record type and the body of one message. */
export function encodeMessage(message: Request | Push): readonly [RecordType, Bytes] {
  return [message.type, encodeBody(message)];
}

function encodeBody(message: Request | Push): Bytes {
  switch (message.type) {
    case RecordType.CREATE:
      return Create.encode(message);
    case RecordType.PUT:
      return Put.encode(message);
    case RecordType.SUBSCRIBE:
      return Subscribe.encode(message);
    case RecordType.ACK:
      return Ack.encode(message);
    case RecordType.CLOSE_MAILBOX:
      return CloseMailbox.encode(message);
    case RecordType.PUT_BUNDLE:
      return PutBundle.encode(message);
    case RecordType.DELETE_BUNDLE:
      return DeleteBundle.encode(message);
    case RecordType.VOUCHER:
      return GetVoucher.encode(message);
    case RecordType.GRANT:
      return GetGrant.encode(message);
    case RecordType.JOIN:
      return Join.encode(message);
    case RecordType.LEAVE:
      return Leave.encode(message);
    case RecordType.PING:
      return Ping.encode(message);
    case RecordType.DOCUMENT:
      return GetDocument.encode(message);
    case RecordType.ROOM_CONTROL:
      return RoomControl.encode(message);
    case RecordType.HELLO:
      return Hello.encode(message);
    case RecordType.REPLY:
      return Reply.encode(message);
    case RecordType.DELIVER:
      return Deliver.encode(message);
    case RecordType.REPLACED:
      return Replaced.encode(message);
    case RecordType.ROOM_PEER:
      return RoomPeer.encode(message);
    case RecordType.BYE:
      return Byes.encode(message);
  }
}

/** A request of a later release, which a home answers with `BAD_REQUEST`. */
export const UnknownRequest = structure("unknown request", { q: request() });
export type UnknownRequest = Of<typeof UnknownRequest>;

/** Decode what a client sent; a type that only a home may send is a bad message. */
export function parseRequestUntrusted(recordType: number, body: Bytes): Request | UnknownRequest {
  const kind = REQUESTS.find(({ type }) => type === recordType);
  if (kind !== undefined) return kind.parseUntrusted(body);
  if (PUSHES.some(({ type }) => type === recordType)) {
    throw new WireError(`record type ${recordType} is no request`);
  }
  return UnknownRequest.parseUntrusted(body);
}

/**
 * Decode what a home sent; null is what only a later release knows.
 *
 * A type that only a client may send is a bad message.
 */
export function parsePushUntrusted(recordType: number, body: Bytes): Push | null {
  const kind = PUSHES.find(({ type }) => type === recordType);
  if (kind !== undefined) return kind.parseUntrusted(body);
  if (REQUESTS.some(({ type }) => type === recordType)) {
    throw new WireError(`record type ${recordType} is nothing that a home sends`);
  }
  return null;
}
