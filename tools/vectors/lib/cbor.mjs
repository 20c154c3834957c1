// Deterministic CBOR of the specification's subset, and its picture in JSON.
import * as cborg from "cborg";

/** Turn a literal like { 0: 1, 2: bytes } into a map with integer keys. */
export const map = (fields) => new Map(Object.entries(fields).map(([k, v]) => [Number(k), v]));

const prepare = (value) => {
  if (value instanceof Uint8Array || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(prepare);
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [k, prepare(v)]));
  return prepare(map(value));
};

/** Encode; objects count as maps with integer keys. */
export const encode = (value) => new Uint8Array(cborg.encode(prepare(value)));

/** The JSON picture of README.md, from the same literal. */
export function picture(value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value === "string") return { text: value };
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(picture);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(entries.map(([k, v]) => [String(k), picture(v)]));
}
