/** Run spec/vectors against this code, and see that they can tell right from wrong. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

import { describe, expect, test } from "vitest";

import { WireError } from "../../src/errors";
import { altered, places, spots } from "./alteration";
import { type Case, FOLDER, load, names } from "./cases";
import * as call from "./operations/call";
import * as contact from "./operations/contact";
import * as handshake from "./operations/handshake";
import type { Operations } from "./operations/operation";
import * as structures from "./operations/structures";

const OPERATIONS: Operations = {
  ...handshake.OPERATIONS,
  ...structures.OPERATIONS,
  ...contact.OPERATIONS,
  ...call.OPERATIONS,
};

/** Say whether the code does what the case demands. */
async function isRight(vector: Case): Promise<boolean> {
  const operation = OPERATIONS[vector.op];
  if (operation === undefined) return false;
  try {
    const produced = await operation(vector.given, vector.out);
    return vector.valid && isDeepStrictEqual(produced, vector.out.raw);
  } catch (error) {
    if (error instanceof WireError) return !vector.valid;
    throw error;
  }
}

/** Say whether an altered case fails, in whatever way. */
async function isNoticed(vector: Case): Promise<boolean> {
  try {
    return !(await isRight(vector));
  } catch {
    return true;
  }
}

/** What a later release may say is not all read: not every byte of it counts. */
function isReadInPart({ id, op }: Case): boolean {
  return id.endsWith("-unknown") || ["body_known", "request_unknown", "push_unknown"].includes(op);
}

async function notSo(
  vectors: readonly Case[],
  claim: (vector: Case) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  return (await Promise.all(vectors.map(claim))).flat();
}

describe.each(names())("%s.json", (name) => {
  // Python and TypeScript read one specification; where they differ, a call fails.
  test("every case ends as the vectors say", async () => {
    const wrong = await notSo(load(name), async (vector) =>
      (await isRight(vector)) ? [] : [`${vector.id}: ${vector.what}`],
    );
    expect(wrong).toEqual([]);
  });

  // A value that nobody compares is a value that two implementations may disagree about.
  test("one changed byte in any value is noticed", { timeout: 60_000 }, async () => {
    const valid = load(name).filter((vector) => vector.valid && !isReadInPart(vector));
    const unnoticed = await notSo(valid, async (vector) => {
      const missed: string[] = [];
      for (const spot of spots(vector)) {
        const size = places(spot.value);
        if (size === 0) continue;
        if (!(await isNoticed(altered(vector, spot, Math.floor(size / 2))))) {
          missed.push(`${vector.id}: ${spot.path.join(".")}`);
        }
      }
      return missed;
    });
    expect(unnoticed).toEqual([]);
  });
});

// A runner that runs nothing is green for ever.
test("no operation is left without a case", () => {
  const used = new Set(names().flatMap((name) => load(name).map(({ op }) => op)));
  expect([...used].sort()).toEqual(Object.keys(OPERATIONS).sort());
});

// An invalid case stays invalid when it rots; its file's hash does not.
test("the files are those that were generated", () => {
  const sums = readFileSync(new URL("SHA256SUMS", FOLDER), "utf8").trim().split("\n");
  const actual = names().map((name) => {
    const digest = createHash("sha256").update(readFileSync(new URL(`${name}.json`, FOLDER)));
    return `${digest.digest("hex")}  ${name}.json`;
  });
  expect(actual).toEqual(sums.toSorted((a, b) => a.slice(66).localeCompare(b.slice(66))));
});
