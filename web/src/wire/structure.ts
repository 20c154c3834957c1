/**
 * Describe a message once, and read and write it by that description.
 *
 * Each structure of the specification is a map with integer keys; its description names, for each
 * key, the member, its type and its size, as the CDDL does. The type of the value follows from it.
 */

import type { Bytes } from "./bytes";
import { type Value, encode } from "./cbor";
import type { RecordType } from "./codes";
import { Fields } from "./fields";

/** One key of a map. */
export interface Field<T> {
  readonly key: number;
  takeUntrusted(fields: Fields): T;
  /** What is written; null leaves the key out. */
  give(value: T): Value | null;
}

type Shape = Readonly<Record<string, Field<unknown>>>;
type ValueOf<S extends Shape> = {
  readonly [Name in keyof S]: S[Name] extends Field<infer T> ? T : never;
};

/** One kind of map. */
export interface Structure<T> {
  encode(value: T): Bytes;
  /** Decode. Whatever the bytes, throw `WireError` or nothing. */
  parseUntrusted(data: Bytes): T;
  /** The map itself, for a map inside another one. */
  give(value: T): ReadonlyMap<number, Value>;
  takeUntrusted(fields: Fields): T;
}

/** One kind of record of a line. */
export interface Message<Type extends RecordType, Body> extends Structure<Typed<Type, Body>> {
  readonly type: Type;
  /** Make a message of this kind. */
  of(body: Body): Typed<Type, Body>;
}

type Typed<Type extends RecordType, Body> = Body & { readonly type: Type };

/** The value that a structure reads and writes. */
export type Of<S> = S extends Structure<infer T> ? T : never;

interface Options<T> {
  /** Key 0 says protocol version 1. */
  readonly versioned?: boolean;
  /** This program wrote it for itself: it has no keys of a later release. */
  readonly isOwn?: boolean;
  /** Judge what the members' own types do not; throw `WireError`. */
  readonly checkUntrusted?: (value: T) => void;
}

/** Describe a map; `name` is what errors call it. */
export function structure<S extends Shape>(
  name: string,
  shape: S,
  options: Options<ValueOf<S>> = {},
): Structure<ValueOf<S>> {
  const made: Structure<ValueOf<S>> = {
    encode: (value) => encode(made.give(value)),
    parseUntrusted: (data) => made.takeUntrusted(Fields.parseUntrusted(data, name)),
    give(value) {
      const map = new Map<number, Value>(options.versioned === true ? [[0, 1]] : []);
      for (const [member, field] of Object.entries(shape)) {
        const item = field.give(value[member]);
        if (item !== null) map.set(field.key, item);
      }
      return map;
    },
    takeUntrusted(fields) {
      if (options.versioned === true) fields.version();
      const value = takeMembersUntrusted(shape, fields);
      if (options.isOwn === true) fields.done();
      options.checkUntrusted?.(value);
      return value;
    },
  };
  return made;
}

/** Describe the body of a record. */
export function message<Type extends RecordType, S extends Shape>(
  type: Type,
  name: string,
  shape: S,
  options: Options<ValueOf<S>> = {},
): Message<Type, ValueOf<S>> {
  const body = structure(name, shape, options);
  const of = (value: ValueOf<S>): Typed<Type, ValueOf<S>> => ({ ...value, type });
  return {
    ...body,
    type,
    of,
    parseUntrusted: (data) => of(body.parseUntrusted(data)),
    takeUntrusted: (fields) => of(body.takeUntrusted(fields)),
  };
}

// The overload says what a mapped type cannot prove: each member comes from its own field.
function takeMembersUntrusted<S extends Shape>(shape: S, fields: Fields): ValueOf<S>;
function takeMembersUntrusted(shape: Shape, fields: Fields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(shape).map(([member, field]) => [member, field.takeUntrusted(fields)]),
  );
}

/** Bytes of one size, of one of several, or of at most `most`. */
export function bytes(
  key: number,
  size?: number | readonly number[],
  most?: number,
): Field<Bytes> {
  return { key, takeUntrusted: (fields) => fields.bytes(key, size, most), give: (value) => value };
}

/** The same, or null where the key is missing. */
export function optionalBytes(key: number, size?: number): Field<Bytes | null> {
  return { key, takeUntrusted: (fields) => fields.optionalBytes(key, size), give: (value) => value };
}

/** Bytes, or `otherwise` where the key is missing: what an earlier release did not write. */
export function bytesOr(key: number, otherwise: Bytes): Field<Bytes> {
  const takeUntrusted = (fields: Fields): Bytes => fields.optionalBytes(key) ?? otherwise;
  return { key, takeUntrusted, give: (value) => value };
}

/** An integer, or `otherwise` where the key is missing. */
export function uintOr(key: number, otherwise: number): Field<number> {
  const takeUntrusted = (fields: Fields): number => fields.optionalUint(key) ?? otherwise;
  return { key, takeUntrusted, give: (value) => value };
}

/** The 16 bytes of a mailbox, a bundle, a room or a call. */
export function id(key: number): Field<Bytes> {
  return bytes(key, 16);
}

/** An integer from `low` to `high`, both included. */
export function uint(key: number, low?: number, high?: number): Field<number> {
  return { key, takeUntrusted: (fields) => fields.uint(key, low, high), give: (value) => value };
}

/** Key 0, the number of a request. */
export function request(): Field<number> {
  return uint(0, 1, 2 ** 32 - 1);
}

/** One number of a list of the registry; `otherwise` stands for what is not in it. */
export function code<Code extends number>(
  key: number,
  codes: Readonly<Record<string, Code>>,
  otherwise?: Code,
): Field<Code> {
  const takeUntrusted = (fields: Fields): Code => fields.code(key, codes, otherwise);
  return { key, takeUntrusted, give: (value) => value };
}

/** The same, or null where the key is missing. */
export function optionalCode<Code extends number>(
  key: number,
  codes: Readonly<Record<string, Code>>,
): Field<Code | null> {
  return { key, takeUntrusted: (fields) => fields.optionalCode(key, codes), give: (value) => value };
}

/** A boolean. */
export function bool(key: number): Field<boolean> {
  return { key, takeUntrusted: (fields) => fields.bool(key), give: (value) => value };
}

/** A boolean whose key is missing while it is false. */
export function flag(key: number): Field<boolean> {
  return { key, takeUntrusted: (fields) => fields.flag(key), give: (value) => (value ? true : null) };
}

/** Text of at most `most` bytes of UTF-8. */
export function text(key: number, most: number): Field<string> {
  return { key, takeUntrusted: (fields) => fields.text(key, most), give: (value) => value };
}

/** 1 to `most` integers. */
export function uints(key: number, most: number): Field<readonly number[]> {
  return { key, takeUntrusted: (fields) => fields.uints(key, most), give: (value) => value };
}

/** At most `most` integers; where there is none the key is missing. */
export function optionalUints(key: number, most: number): Field<readonly number[]> {
  return {
    key,
    takeUntrusted: (fields) => fields.optionalUints(key, most),
    give: (value) => (value.length === 0 ? null : value),
  };
}

/** 1 to `most` maps of one kind. */
export function maps<T>(key: number, most: number, of: Structure<T>): Field<readonly T[]> {
  return {
    key,
    takeUntrusted: (fields) => fields.maps(key, most).map((item) => of.takeUntrusted(item)),
    give: (value) => value.map((item) => of.give(item)),
  };
}

/** At most `most` maps of one kind; where there is none the key is missing. */
export function optionalMaps<T>(key: number, most: number, of: Structure<T>): Field<readonly T[]> {
  return {
    key,
    takeUntrusted: (fields) => fields.optionalMaps(key, most).map((item) => of.takeUntrusted(item)),
    give: (value) => (value.length === 0 ? null : value.map((item) => of.give(item))),
  };
}
