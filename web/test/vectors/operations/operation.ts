/** What all operations of the vectors share. */

import assert from "node:assert/strict";

import * as kem from "../../../src/crypto/kem";
import { Label } from "../../../src/crypto/keySchedule";
import { WireError } from "../../../src/errors";
import { type Bytes, hex, unhex } from "../../../src/wire/bytes";
import { type Value, isArray, isMap } from "../../../src/wire/cbor";
import type { Json, JsonObject, Values } from "../cases";

/** Run one case; the result must equal its `out`. */
export type Operation = (given: Values, out: Values) => JsonObject | Promise<JsonObject>;
export type Operations = Readonly<Record<string, Operation>>;

/** Read a label that a vector names. */
export function labelOf(text: string): Label {
  if (!Object.values(Label).some((known) => known === text)) {
    throw new WireError("no label of the registry");
  }
  return anyLabel(text);
}

/** Take a text for a label: some cases use labels that do not exist, to show where one ends. */
export function anyLabel(text: string): Label {
  if (!isLabel(text)) throw new WireError("an empty label");
  return text;
}

function isLabel(text: string): text is Label {
  return text !== "";
}

/** Read one item of a list of byte strings. */
export function bytesOf(item: Json): Bytes {
  if (typeof item !== "string") throw new TypeError("an item is not hexadecimal");
  return unhex(item);
}

/** Require that two byte strings are the same. */
export function same(actual: Bytes, expected: Bytes): void {
  assert.equal(hex(actual), hex(expected));
}

/** Make a seal again with its known randomness, and open it. */
export async function resealed(
  seed: Bytes,
  publicKey: Bytes,
  plaintext: Bytes,
  label: Label,
  ctx: Bytes,
  ekm: Bytes,
): Promise<Bytes> {
  const pair = await kem.keyPair(seed);
  same(pair.publicKey, publicKey);
  const sealed = await kem.seal(publicKey, plaintext, label, ctx, ekm);
  same(await kem.openUntrusted(pair, sealed, label, ctx), plaintext);
  return sealed;
}

/** Write decoded CBOR as the vectors do. */
export function toJson(value: Value): Json {
  if (value instanceof Uint8Array) return hex(value);
  if (typeof value === "string") return { text: value };
  if (isMap(value)) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), toJson(item)]));
  }
  if (isArray(value)) return value.map(toJson);
  return value;
}
