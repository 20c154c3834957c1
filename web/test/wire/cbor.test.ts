/** The subset of CBOR, against a library that somebody else wrote. */

import * as cborg from "cborg";
import fc from "fast-check";
import { expect, test } from "vitest";

import { WireError } from "../../src/errors";
import { unhex } from "../../src/wire/bytes";
import { DEPTH, type Value, decodeUntrusted, encode } from "../../src/wire/cbor";

const { tree } = fc.letrec<{ tree: Value }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: DEPTH - 1, withCrossShrink: true },
    fc.oneof(
      fc.nat(),
      fc.maxSafeNat(),
      fc.boolean(),
      fc.string({ unit: "grapheme", maxLength: 30 }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
    ),
    fc.array(tie("tree"), { maxLength: 30 }),
    fc
      .array(fc.tuple(fc.oneof(fc.nat(30), fc.maxSafeNat()), tie("tree")), { maxLength: 30 })
      .map((entries) => new Map(entries)),
  ),
}));

test("what is written reads back, and the library writes the same bytes", () => {
  fc.assert(
    fc.property(tree, (value) => {
      const data = encode(value);
      expect(decodeUntrusted(data)).toEqual(value);
      expect(data).toEqual(new Uint8Array(cborg.encode(value)));
    }),
  );
});

// What two readers read differently is what an attacker sends.
test.each([
  ["an integer in a longer form than it needs", "1817"],
  ["an integer of eight bytes that four hold", "1b00000000ffffffff"],
  ["2^53", "1b0020000000000000"],
  ["a negative number", "20"],
  ["null", "f6"],
  ["undefined", "f7"],
  ["a half float", "f93c00"],
  ["a tag", "c000"],
  ["a boolean in two bytes", "f815"],
  ["an array without a length", "9f00ff"],
  ["a key twice", "a200000000"],
  ["keys out of order", "a201000000"],
  ["a text key", "a1616100"],
  ["text that is no UTF-8", "61ff"],
  ["half a surrogate pair", "63eda080"],
  ["bytes after the end", "0000"],
  ["an array longer than the message", "9bffffffffffffffff"],
  ["nothing", ""],
  ["nesting one deeper than allowed", "81".repeat(DEPTH) + "80"],
])("%s is a bad message", (_, bytes) => {
  expect(() => decodeUntrusted(unhex(bytes))).toThrow(WireError);
});

test("nesting as deep as allowed is read", () => {
  const bytes = unhex("81".repeat(DEPTH - 1) + "80");
  expect(encode(decodeUntrusted(bytes))).toEqual(bytes);
});

// Dropped, it would let two byte strings mean one text.
test("a byte order mark stays where it is", () => {
  const bytes = unhex("63efbbbf");
  expect(decodeUntrusted(bytes)).toBe("\ufeff");
  expect(encode("\ufeff")).toEqual(bytes);
});

test("a message beyond its limit is not even looked at", () => {
  expect(() => decodeUntrusted(unhex("4100"), 1)).toThrow(/at most 1/);
});

test.each([[-1], [0.5], [2 ** 53], ["\ud800"]])("%s cannot be written", (value) => {
  expect(() => encode(value)).toThrow(RangeError);
});
