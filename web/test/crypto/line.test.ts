/** The handshake and the records of a line. */

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import * as kem from "../../src/crypto/kem";
import {
  type ClientHandshake,
  Records,
  clientStart,
  homeRespondUntrusted,
  openM1Untrusted,
} from "../../src/crypto/line";
import { UsageError, WireError } from "../../src/errors";
import { M1_BYTES, M2_BYTES } from "../../src/wire/line";
import { damaged, dice, onlyWireError } from "../noise";

const rng = dice();
const HELLO = { type: 0x30, body: Uint8Array.of(9, 9) };

function lines(): readonly [Records, Records] {
  const [there, back, id] = [rng(32), rng(32), rng(32)];
  return [new Records(there, back, id), new Records(back, there, id)];
}

describe("the handshake", () => {
  let pair: kem.KemKeyPair;
  let start: ClientHandshake;
  let m2: Awaited<ReturnType<typeof homeRespondUntrusted>>;

  beforeAll(async () => {
    pair = await kem.keyPair(rng(32));
    start = await clientStart(pair.publicKey, rng);
    m2 = await homeRespondUntrusted(pair, start.m1, HELLO, rng);
  });

  test("gives both sides the same line", async () => {
    expect([start.m1.length, m2.m2.length]).toEqual([M1_BYTES, M2_BYTES]);
    const { records, hello } = await start.finishUntrusted(m2.m2);
    expect(hello).toEqual(HELLO);
    expect(records.lineId).toEqual(m2.records.lineId);
    const message = await records.seal(0x11, Uint8Array.of(1));
    expect(await m2.records.openUntrusted(message)).toEqual({ type: 0x11, body: Uint8Array.of(1) });
    await expect(start.finishUntrusted(m2.m2)).rejects.toThrow(UsageError);
  });

  // Whoever stands between has every byte of m1 and m2, and not the home's key.
  test("fails against a home with another key", async () => {
    const impostor = await kem.keyPair(rng(32));
    await expect(openM1Untrusted(impostor, start.m1)).rejects.toThrow(WireError);
    const other = await clientStart(pair.publicKey, rng);
    await expect(other.finishUntrusted(m2.m2)).rejects.toThrow(WireError);
  });

  test("knows one error only", async () => {
    await fc.assert(
      fc.asyncProperty(damaged(start.m1), (m1) => onlyWireError(() => openM1Untrusted(pair, m1))),
      { numRuns: 20 },
    );
    await fc.assert(
      fc.asyncProperty(damaged(m2.m2), async (data) => {
        const fresh = await clientStart(pair.publicKey, rng);
        await onlyWireError(() => fresh.finishUntrusted(data));
      }),
      { numRuns: 10 },
    );
  });
});

// WebCrypto may finish a small record before a large one that was asked for first.
test("records keep the order of the calls, however many wait", async () => {
  const [client, home] = lines();
  const sizes = [60_000, 1, 16_000, 2, 60_000, 3];
  const sealed = await Promise.all(sizes.map((size) => client.seal(1, new Uint8Array(size))));
  const order: number[] = [];
  await Promise.all(
    sealed.map(async (message) => {
      order.push((await home.openUntrusted(message)).body.length);
    }),
  );
  expect(order).toEqual(sizes);
});

test("a record that was dropped, repeated or changed ends the line", async () => {
  for (const attack of ["drop", "repeat", "change", "kind"] as const) {
    const [client, home] = lines();
    const [first, second] = [await client.seal(1, new Uint8Array()), await client.seal(2, new Uint8Array())];
    if (attack !== "drop") await home.openUntrusted(first);
    const bad = new Uint8Array(attack === "repeat" ? first : second);
    if (attack === "change") bad[20] = (bad[20] ?? 0) ^ 1;
    if (attack === "kind") bad[0] = 3;
    await expect(home.openUntrusted(bad)).rejects.toThrow(WireError);
    await expect(home.openUntrusted(second), attack).rejects.toThrow(WireError);
  }
});

test("a record that fits no bucket is refused and takes no number", async () => {
  const [client, home] = lines();
  await expect(client.seal(1, new Uint8Array(65_792))).rejects.toThrow(UsageError);
  const next = await client.seal(1, Uint8Array.of(5));
  expect((await home.openUntrusted(next)).body).toEqual(Uint8Array.of(5));
});

test("the length of a record says one of five things", async () => {
  const [client] = lines();
  const sizes = await Promise.all(
    [0, 254, 255, 1022, 4350, 16_638, 65_790].map(async (size) => (await client.seal(1, new Uint8Array(size))).length - 17),
  );
  expect(sizes).toEqual([256, 256, 1024, 1024, 4352, 16_640, 65_792]);
});
