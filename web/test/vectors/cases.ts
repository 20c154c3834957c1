/** Read the test vectors of spec/vectors (their shape: tools/vectors/README.md). */

import { readFileSync, readdirSync } from "node:fs";

import { type Bytes, unhex } from "../../src/wire/bytes";

export type Json = number | string | boolean | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export const FOLDER = new URL("../../../spec/vectors/", import.meta.url);

/** Take typed values out of one JSON object; a value of another type is an error. */
export class Values {
  constructor(readonly raw: JsonObject) {}

  bytes(key: string): Bytes {
    return unhex(this.text(key));
  }

  text(key: string): string {
    const value = this.raw[key];
    if (typeof value !== "string") throw new TypeError(key);
    return value;
  }

  number(key: string): number {
    const value = this.raw[key];
    if (typeof value !== "number") throw new TypeError(key);
    return value;
  }

  /** Take a number that JSON could not hold. */
  big(key: string): bigint {
    return BigInt(`0x${this.text(key)}`);
  }

  array(key: string): readonly Json[] {
    const value = this.raw[key];
    if (!isList(value)) throw new TypeError(key);
    return value;
  }

  steps(key: string): readonly Values[] {
    return this.array(key).map((step) => new Values(asObject(step)));
  }
}

/** One case: what goes in, and what must come out. */
export interface Case {
  readonly id: string;
  readonly what: string;
  readonly valid: boolean;
  readonly failure: string;
  readonly op: string;
  readonly given: Values;
  readonly out: Values;
}

/** List the vector files, without their ending. */
export function names(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
}

/** Read one file of vectors. */
export function load(name: string): readonly Case[] {
  const document: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
  return new Values(asObject(asJson(document))).steps("cases").map(caseOf);
}

function caseOf(values: Values): Case {
  const given = new Values(asObject(values.raw["in"]));
  return {
    id: values.text("id"),
    what: values.text("what"),
    valid: values.raw["valid"] === true,
    failure: values.text("failure"),
    op: given.text("op"),
    given,
    out: new Values(asObject(values.raw["out"])),
  };
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && !isList(value);
}

export function asObject(value: Json | undefined): JsonObject {
  if (!isObject(value)) throw new TypeError("no object");
  return value;
}

/** Check that a parsed document holds nothing that vectors do not (null). */
function asJson(value: unknown): Json {
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") {
    return value;
  }
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asJson(item)]));
  }
  throw new TypeError("no JSON of a vector");
}
