/** Bytes, base64url, hosts and links. */

import fc from "fast-check";
import { expect, test } from "vitest";

import { WireError } from "../../src/errors";
import * as base64url from "../../src/wire/base64url";
import { bytesUint, equal, hex, uintBytes, unhex } from "../../src/wire/bytes";
import { checkHostUntrusted, isLoopback } from "../../src/wire/host";
import { formatLink, parseLink } from "../../src/wire/link";
import { scopeOf } from "../../src/wire/scope";
import addresses from "../../../tests/data/addresses.json";
import { anyBytes } from "../noise";

test("base64url and hexadecimal are what Node says they are", () => {
  fc.assert(
    fc.property(anyBytes(100), (bytes) => {
      expect(base64url.encode(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
      expect(base64url.decodeUntrusted(base64url.encode(bytes))).toEqual(bytes);
      expect(hex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
      expect(unhex(hex(bytes))).toEqual(bytes);
    }),
  );
});

// Two texts for one hash would be two links to one invitation.
test.each(["AB", "A", "A===", "A+==", "AA\n", "Zh"])("%j is not base64url", (text) => {
  expect(() => base64url.decodeUntrusted(text)).toThrow(WireError);
});

test("integers keep their value in as many bytes as are given", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      expect(bytesUint(uintBytes(value, 8))).toBe(value);
    }),
  );
  expect(() => uintBytes(256, 1)).toThrow(RangeError);
});

test("bytes are equal when length and content are", () => {
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
  expect(equal(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
  expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
});

test.each(["example.org", "a", "EXAMPLE.org.", "127.0.0.1", "::", "::1", "2001:db8::7", "::ffff:1.2.3.4"])(
  "%s is a host",
  (host) => {
    expect(() => {
      checkHostUntrusted(host);
    }).not.toThrow();
  },
);

test.each(["", "-a", "a-", "a..b", "a_b", "a b", "é", "1:2", ":::", "1::2::3", "fe80::1%eth0", "1:2:3:4::5:6:7:8", "::1.2.3.256"])(
  "%j is no host",
  (host) => {
    expect(() => {
      checkHostUntrusted(host);
    }).toThrow(WireError);
  },
);

// The terminal replays the same rows: where the two disagree, one dials what the other refuses.
test.each(addresses)("how near $host is does not depend on its spelling", ({ host, scope, loopback }) => {
  expect(scopeOf(host)).toBe(scope);
  expect(isLoopback(host)).toBe(loopback);
});

test("a link survives the marks that a chat puts around it", () => {
  const text = `https://example.org/${"d".repeat(10)}#${"A".repeat(43)}`;
  const link = parseLink(`\u200f ${text}\u2069\n`);
  expect(link.kind).toBe("invitation");
  expect(formatLink(link)).toBe(text);
});

test("a damaged link says what to do", () => {
  expect(() => parseLink("https://example.org/dddddddddd#AAAA")).toThrow(/incomplete or was changed/);
  expect(() => parseLink("hello")).toThrow(/not a link/);
  expect(() => parseLink(`http://example.org/${"d".repeat(10)}#${"A".repeat(43)}`)).toThrow(/http:/);
});
