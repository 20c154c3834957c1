/** Change one byte of a vector at a time. */

import { type Case, type Json, Values, asObject, isList, isObject } from "./cases";

type Leaf = number | string | boolean;
export type Path = readonly (string | number)[];

const HEX = /^(?:[0-9a-f]{2})*$/;

// They say which operation runs, and no operation runs on them.
const STRUCTURE = new Set(["op", "do", "expect"]);

// These are judged, not computed with: many other values deserve the same answer. Only the file's
// own hash (SHA256SUMS) guards them.
const JUDGED = new Set([
  "glare.body_1",
  "glare.body_2",
  "public_key.pk",
  "dialogue.pkB",
  "seat_verify.grant",
  "grant_verify.now",
  "voucher_verify.now",
]);

/** One value that has a say in the outcome of a case, and where it stands. */
export interface Spot {
  readonly path: Path;
  readonly value: Leaf;
}

/** List the spots of a valid case; steps that must fail are left out: altered, they still do. */
export function spots(vector: Case): readonly Spot[] {
  const whole = { in: vector.given.raw, out: vector.out.raw };
  return leaves(whole, []).filter(({ path }) => !JUDGED.has(`${vector.op}.${path[1] ?? ""}`));
}

function leaves(value: Json, path: Path): readonly Spot[] {
  if (isList(value)) return value.flatMap((item, index) => leaves(item, [...path, index]));
  if (!isObject(value)) return [{ path, value }];
  if ((value["expect"] ?? "ok") !== "ok") return [];
  return Object.entries(value).flatMap(([key, item]) =>
    STRUCTURE.has(key) ? [] : leaves(item, [...path, key]),
  );
}

/** Count the bytes of a value: of what its hexadecimal stands for, or of its text. */
export function places(value: Leaf): number {
  if (typeof value !== "string") return 1;
  return HEX.test(value) ? value.length / 2 : value.length;
}

/** Give a copy of the case with one byte of one value changed. */
export function altered(vector: Case, { path, value }: Spot, place: number): Case {
  const whole = { in: vector.given.raw, out: vector.out.raw };
  const changed = new Values(asObject(put(whole, path, change(value, place))));
  return {
    ...vector,
    given: new Values(asObject(changed.raw["in"])),
    out: new Values(asObject(changed.raw["out"])),
  };
}

function change(value: Leaf, place: number): Leaf {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value % 2 === 0 ? value + 1 : value - 1;
  const at = HEX.test(value) ? 2 * place : place;
  const letter = value.charAt(at);
  const other = HEX.test(value)
    ? (Number.parseInt(letter, 16) ^ 1).toString(16)
    : String.fromCharCode(letter.charCodeAt(0) ^ 1);
  return value.slice(0, at) + other + value.slice(at + 1);
}

function put(where: Json, path: Path, value: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (typeof key === "number" && isList(where)) {
    return where.map((item, index) => (index === key ? put(item, rest, value) : item));
  }
  const object = asObject(where);
  return { ...object, [key]: put(object[key] ?? "", rest, value) };
}
