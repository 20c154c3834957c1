/**
 * What a home says of itself: its keys and the ways to reach it (spec/invitation.md §1).
 *
 * Signatures cover the bytes as they were received: `SignedDescriptor.body` and
 * `HomeDocument.signed` keep them, nothing is encoded again.
 */

import { NewerReleaseError, WireError } from "../errors";
import { FEATURES_MOST } from "./codes";
import type { Fields } from "./fields";
import { DOOR_MOST, HOST_MOST, checkDoorUntrusted, checkHostUntrusted, isLoopback } from "./host";
import {
  type Field,
  type Of,
  bool,
  bytes,
  maps,
  optionalUints,
  structure,
  text,
  uint,
} from "./structure";

export const ENDPOINTS_MOST = 16;
export const SCHEME_MOST = 16;
export const LINE_KEY_BYTES = 1216;

/** One way to reach a home. */
export const Endpoint = structure(
  "endpoint",
  {
    scheme: scheme(0),
    /** A name or an IP address, IPv6 without brackets. */
    host: text(1, HOST_MOST),
    port: uint(2, 1, 65_535),
    /** The name to show in TLS; "" is the host. */
    tlsName: text(3, HOST_MOST),
    door: text(4, DOOR_MOST),
    /** Usable from a page: a browser can be told neither another TLS name nor another key. */
    web: bool(5),
  },
  {
    checkUntrusted({ scheme, host, tlsName, door }) {
      checkHostUntrusted(host);
      checkDoorUntrusted(door);
      if (tlsName !== "") checkHostUntrusted(tlsName);
      if (scheme === "http" && !isLoopback(host)) {
        throw new WireError("an endpoint without TLS may only be this machine");
      }
    },
  },
);
export type Endpoint = Of<typeof Endpoint>;

function scheme(key: number): Field<"https" | "http"> {
  return {
    key,
    takeUntrusted(fields) {
      const found = fields.text(key, SCHEME_MOST);
      if (found === "https" || found === "http") return found;
      throw new LaterWayError("an endpoint has another scheme than https or http");
    },
    give: (value) => value,
  };
}

/** A way to a home that only a later release knows. */
class LaterWayError extends WireError {}

/** The endpoints that this release knows how to reach, at least one. */
function endpoints(key: number): Field<readonly Endpoint[]> {
  return {
    ...maps(key, ENDPOINTS_MOST, Endpoint),
    takeUntrusted(fields) {
      const known = fields.maps(key, ENDPOINTS_MOST).flatMap(knownUntrusted);
      if (known.length === 0) throw new NewerReleaseError("every way to this home");
      return known;
    },
  };
}

function knownUntrusted(fields: Fields): readonly Endpoint[] {
  try {
    return [Endpoint.takeUntrusted(fields)];
  } catch (error) {
    if (error instanceof LaterWayError) return [];
    throw error;
  }
}

/** Bind a home's line key and endpoints to its identity. */
export const Descriptor = structure(
  "descriptor",
  {
    homeKey: bytes(1, 32),
    /** SHA-256 of the line public key. */
    lineKeyHash: bytes(2, 32),
    endpoints: endpoints(3),
    version: uint(4),
    /** Unix seconds. */
    expiry: uint(5),
  },
  { versioned: true },
);
export type Descriptor = Of<typeof Descriptor>;

/** A descriptor's bytes and the home's signature over them. */
export const SignedDescriptor = structure(
  "signed descriptor",
  { body: bytes(0), signature: bytes(1, 64) },
  { checkUntrusted: ({ body }) => void Descriptor.parseUntrusted(body) },
);
export type SignedDescriptor = Of<typeof SignedDescriptor>;

/** What a home answers to `GET /<door>/home`; neither signature nor key hash is checked here. */
export const HomeDocument = structure(
  "home document",
  {
    /** An encoded `SignedDescriptor`. */
    signed: bytes(0),
    lineKey: bytes(1, LINE_KEY_BYTES),
    /** What the home's hello says, for who has no line yet: a hint, the line's word counts. */
    features: optionalUints(2, FEATURES_MOST),
  },
  { checkUntrusted: ({ signed }) => void SignedDescriptor.parseUntrusted(signed) },
);
export type HomeDocument = Of<typeof HomeDocument>;
