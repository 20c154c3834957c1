import { cat, random, text, unhex, zeros } from "../lib/bytes.mjs";
import { encode, picture } from "../lib/cbor.mjs";
import { Page } from "../lib/page.mjs";

function valid(page) {
  const values = {
    "uint-0": 0, "uint-23": 23, "uint-24": 24, "uint-255": 255, "uint-256": 256, "uint-65535": 65535, "uint-65536": 65536,
    "uint-2-32-less-1": 2 ** 32 - 1, "uint-2-32": 2 ** 32, "uint-largest": 2 ** 53 - 1,
    "bytes-0": zeros(0), "bytes-23": random("c23", 23), "bytes-24": random("c24", 24), "bytes-255": random("c255", 255),
    "bytes-256": random("c256", 256), "bytes-65536": zeros(65536),
    "text-0": "", "text": "hamseda", "text-persian": "هم‌صدا", "text-24": "a".repeat(24), false: false, true: true,
    "array-0": [], "array": [1, [2, [3]]], "array-24": Array.from({ length: 24 }, (_, i) => i),
    "map-0": {}, "map": { 0: 1, 1: random("cm", 16), 5: true }, "map-order": { 300: 1, 24: 2, 23: 3, 0: 4 },
    "deep-6": [[[[[[]]]]]], "deep-6-map": { 0: { 1: { 2: { 3: { 4: { 5: 6 } } } } } },
  };
  for (const [id, value] of Object.entries(values))
    page.ok(id, "deterministic encoding", "cbor", { bytes: encode(value) }, { value: picture(value) });
}

const INVALID = [
  ["empty", "no bytes", "truncated", ""],
  ["uint-longer-24", "23 in two bytes", "non-canonical CBOR", "1817"],
  ["uint-longer-256", "255 in three bytes", "non-canonical CBOR", "1900ff"],
  ["uint-longer-65536", "65535 in five bytes", "non-canonical CBOR", "1a0000ffff"],
  ["uint-longer-2-32", "2^32 - 1 in nine bytes", "non-canonical CBOR", "1b00000000ffffffff"],
  ["uint-2-53", "2^53", "wrong value", "1b0020000000000000"],
  ["uint-2-64", "2^64 - 1", "wrong value", "1bffffffffffffffff"],
  ["uint-truncated", "an integer of two bytes, one there", "truncated", "19ff"],
  ["negative", "-1", "wrong value", "20"],
  ["bytes-longer", "length 1 in two bytes", "non-canonical CBOR", "580100"],
  ["bytes-truncated", "length 3, two there", "truncated", "430102"],
  ["bytes-huge", "length 2^53 - 1 with nothing behind", "truncated", "5b001fffffffffffff"],
  ["bytes-indefinite", "indefinite length", "non-canonical CBOR", "5f4101ff"],
  ["text-longer", "length 1 in two bytes", "non-canonical CBOR", "780161"],
  ["text-truncated", "length 3, two there", "truncated", "636161"],
  ["text-not-utf8", "not UTF-8", "wrong value", "61ff"],
  ["text-overlong", "overlong UTF-8 of /", "wrong value", "62c0af"],
  ["text-surrogate", "a surrogate in UTF-8", "wrong value", "63eda080"],
  ["text-indefinite", "indefinite length", "non-canonical CBOR", "7f6161ff"],
  ["array-longer", "length 1 in two bytes", "non-canonical CBOR", "980101"],
  ["array-truncated", "two items announced, one there", "truncated", "8201"],
  ["array-huge", "2^32 - 1 items announced", "truncated", "9affffffff00"],
  ["array-indefinite", "indefinite length", "non-canonical CBOR", "9f01ff"],
  ["map-longer", "length 1 in two bytes", "non-canonical CBOR", "b8010001"],
  ["map-truncated", "a value is missing", "truncated", "a100"],
  ["map-indefinite", "indefinite length", "non-canonical CBOR", "bf0001ff"],
  ["map-duplicate", "key 0 twice", "non-canonical CBOR", "a200010002"],
  ["map-order", "key 1 before key 0", "non-canonical CBOR", "a201000001"],
  ["map-order-length", "key 24 before key 0", "non-canonical CBOR", "a2181800 0000"],
  ["map-key-text", "a text key", "wrong value", "a1616101"],
  ["map-key-bytes", "a byte string key", "wrong value", "a1416101"],
  ["map-key-negative", "a negative key", "wrong value", "a12001"],
  ["map-key-bool", "a boolean key", "wrong value", "a1f401"],
  ["map-key-longer", "key 0 in two bytes", "non-canonical CBOR", "a1180001"],
  ["null", "null", "wrong value", "f6"],
  ["undefined", "undefined", "wrong value", "f7"],
  ["simple", "simple value 16", "wrong value", "f0"],
  ["simple-two-bytes", "simple value 32", "wrong value", "f820"],
  ["true-two-bytes", "true as f8 15", "non-canonical CBOR", "f815"],
  ["float16", "1.0", "wrong value", "f93c00"],
  ["float32", "1.0", "wrong value", "fa3f800000"],
  ["float64", "1.0", "wrong value", "fb3ff0000000000000"],
  ["tag", "a tagged byte string", "wrong value", "c24101"],
  ["tag-self-described", "tag 55799", "wrong value", "d9d9f700"],
  ["break", "a break alone", "wrong value", "ff"],
  ["reserved-28", "additional information 28", "wrong value", "1c"],
  ["trailing", "a byte behind", "one byte too long", "0000"],
  ["trailing-map", "a byte behind a map", "one byte too long", "a1000100"],
];

export default function cbor() {
  const page = new Page("cbor", "spec/README.md");
  valid(page);
  for (const [id, what, failure, digits] of INVALID) page.bad(`bad-${id}`, what, failure, "cbor", { bytes: unhex(digits.replaceAll(" ", "")) });
  page.bad("bad-deep-7", "seven arrays in one another", "wrong value", "cbor", { bytes: encode([[[[[[[]]]]]]]) });
  page.bad("bad-deep-1000", "a thousand arrays in one another", "wrong value", "cbor", { bytes: cat(new Uint8Array(1000).fill(0x81), 0) });
  page.bad("bad-text-as-json", "not CBOR at all", "truncated", "cbor", { bytes: text('{"0":1}') });
  return page;
}
