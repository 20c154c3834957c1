/** Calls on two lines at a real home: when one of them stands still, nobody hears it. */

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";

import type { Bytes } from "../../src/wire/bytes";
import { MEDIA } from "../../src/wire/line";
import { refusedPause } from "../../src/worker/dialler";
import { GENEROUS } from "../../src/worker/frugality";
import { World, hasHome } from "./home";
import { Person, type Wire, befriend } from "./person";

const SLOW_MS = 60_000;
const SOON = { timeout: 10_000 };

describe("an attempt to connect", () => {
  test("is not made so often that Chromium holds the next ones back", () => {
    // A home that restarts refuses both lines for 5 s: 20 failures are borne without a word.
    let attempts = 0;
    for (let now = 0; now < 5; now += refusedPause(attempts)) attempts += 1;
    expect(2 * attempts).toBeLessThanOrEqual(24);
  });
});

describe.skipIf(!hasHome)("a call of two pages", { timeout: SLOW_MS }, () => {
  const world = new World();
  const people: Person[] = [];

  beforeAll(() => world.start("home", ["127.0.0.1", "localhost"]), SLOW_MS);
  afterEach(() => {
    for (const person of people.splice(0)) person.leave();
  });
  afterAll(() => {
    world.stop();
  });

  async function talking(frugality = GENEROUS): Promise<readonly [Person, Person]> {
    const [ali, bahar] = [await Person.open(world.address), await Person.open(world.address)];
    people.push(ali, bahar);
    ali.frugality = frugality;
    await befriend(ali, bahar);
    ali.do({ kind: "call", contact: (await ali.friend()).id });
    await bahar.call("incoming");
    bahar.do({ kind: "answer" });
    await Promise.all([ali.call("talking"), bahar.call("talking")]);
    return [ali, bahar];
  }

  /** Let a person's side double, and give both its lines, the older first. */
  async function doubled(person: Person): Promise<readonly [Wire, Wire]> {
    person.voice?.trouble();
    await vi.waitFor(() => {
      expect(person.network.open.map(media).filter((sent) => sent.length > 20)).toHaveLength(2);
    }, SOON);
    const [main, spare] = person.network.open;
    if (main === undefined || spare === undefined) throw new Error("unreachable");
    return [main, spare];
  }

  async function hears(person: Person): Promise<void> {
    const before = person.voice?.understood ?? 0;
    await vi.waitFor(() => {
      expect(person.voice?.understood).toBeGreaterThan(before + 50);
    }, SOON);
  }

  test("has one line while it goes well", async () => {
    const [ali, bahar] = await talking();
    await Promise.all([hears(ali), hears(bahar)]);
    expect([ali, bahar].map(({ network }) => network.open.length)).toEqual([1, 1]);
  });

  test("keeps to one line in trouble when the person wants no more", async () => {
    // Where a second connection draws eyes, a gap in the sound is the smaller harm.
    const [ali, bahar] = await talking({ ...GENEROUS, isCareful: true });
    const before = ali.network.wires.length;
    ali.voice?.trouble();
    await Promise.all([hears(ali), hears(bahar)]);
    expect(ali.network.wires).toHaveLength(before);
  });

  test("in trouble has two, which carry the same bytes, until it ends", async () => {
    const [ali, bahar] = await talking();
    const [main, spare] = await doubled(ali);
    const onSpare = media(spare).slice(0, 20);
    const onMain = media(main).map(String);
    expect(onSpare.every((message) => onMain.includes(String(message)))).toBe(true);
    // What blocks one endpoint leaves the other alone.
    expect(main.url).not.toBe(spare.url);
    ali.do({ kind: "hangUp" });
    expect((await bahar.call("ended")).reason).toBe("remote_hangup");
    await vi.waitFor(() => {
      expect(ali.network.open).toEqual([main]);
    }, SOON);
  });

  test.each([0, 1])("is heard both ways when line %i of two stands still", async (which) => {
    const [ali, bahar] = await talking();
    const lines = await doubled(ali);
    const still = lines[which];
    if (still === undefined) throw new Error("unreachable");
    still.isStill = true;
    await Promise.all([hears(ali), hears(bahar)]);
    // And it does not stay at one: the line that died unheard is opened anew.
    await vi.waitFor(() => {
      expect(ali.network.open).not.toContain(still);
      expect(ali.network.open).toHaveLength(2);
    }, SOON);
    ali.do({ kind: "hangUp" });
    expect((await bahar.call("ended")).reason).toBe("remote_hangup");
  });

  test("is placed though the line freezes under its first question", async () => {
    // Some networks let a connection begin, count its packets, and stop it.
    const [ali, bahar] = [await Person.open(world.address), await Person.open(world.address)];
    people.push(ali, bahar);
    await befriend(ali, bahar);
    const [frozen] = ali.network.open;
    if (frozen === undefined) throw new Error("unreachable");
    frozen.isStill = true;
    ali.do({ kind: "call", contact: (await ali.friend()).id });
    await bahar.call("incoming");
    expect(ali.network.open.map(({ url }) => url)).not.toContain(frozen.url);
  });

  test("goes on over another line when its only one hangs", async () => {
    const [ali, bahar] = await talking();
    const [main] = ali.network.open;
    if (main === undefined) throw new Error("unreachable");
    main.isStill = true;
    ali.voice?.trouble();
    await Promise.all([hears(ali), hears(bahar)]);
    await vi.waitFor(() => {
      expect(main.isOpen).toBe(false);
    }, SOON);
    // Bahar heard the gap: it was not her network.
    await vi.waitFor(async () => {
      expect((await bahar.call("talking")).movedAt).not.toBeNull();
    }, SOON);
    expect((await ali.call("talking")).movedAt).toBeNull();
  });
});

function media({ sent }: Wire): readonly Bytes[] {
  return sent.filter(([type]) => type === MEDIA);
}
