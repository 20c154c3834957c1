/**
 * What a home says of itself: its keys and the ways to reach it (spec/invitation.md §1).
 *
 * Signatures cover the bytes as they were received: `SignedDescriptor.body` and
 * `HomeDocument.signed` keep them, nothing is encoded again.
 */

import { WireError } from "../errors";
import { DOOR_MOST, HOST_MOST, checkDoorUntrusted, checkHostUntrusted, isLoopback } from "./host";
import { type Field, type Of, bool, bytes, maps, structure, text, uint } from "./structure";

export const ENDPOINTS_MOST = 16;
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
      const found = fields.text(key, 5);
      if (found === "https" || found === "http") return found;
      throw new WireError("an endpoint has another scheme than https or http");
    },
    give: (value) => value,
  };
}

/** Bind a home's line key and endpoints to its identity. */
export const Descriptor = structure(
  "descriptor",
  {
    homeKey: bytes(1, 32),
    /** SHA-256 of the line public key. */
    lineKeyHash: bytes(2, 32),
    endpoints: maps(3, ENDPOINTS_MOST, Endpoint),
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
  },
  { checkUntrusted: ({ signed }) => void SignedDescriptor.parseUntrusted(signed) },
);
export type HomeDocument = Of<typeof HomeDocument>;
