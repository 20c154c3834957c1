/** The page's attempts: one at a time, by the way that worked, and never a race. */

import { describe, expect, test } from "vitest";

import { NetworkError } from "../../src/errors";
import type { Urgency } from "../../src/protocol/ladder";
import type { Endpoint } from "../../src/wire/descriptor";
import { Dialler, type Way } from "../../src/worker/dialler";
import { isUsable, nameOf } from "../../src/worker/ways";

const HOME = end("home.example");
const FRONT = end("front.example");
const ODD = end("home.example", { port: 8443 });

function end(host: string, change: Partial<Endpoint> = {}): Endpoint {
  return { scheme: "https", host, port: 443, tlsName: "", door: "a-secret-door", web: true, ...change };
}

/** A dialler at a clock that stands still unless an attempt takes its time. */
function dialler(best: string | null = null, isCareful = false, ends = [HOME, FRONT]): {
  readonly try: (failure: string | null, seconds?: number, urgency?: Urgency) => Promise<Way>;
  readonly dialler: Dialler;
} {
  let now = 1000;
  const clock = { now: () => now, unix: () => 1_760_000_000 };
  const made = new Dialler(clock, (size) => new Uint8Array(size).fill(128), () => best, () => isCareful);
  return {
    dialler: made,
    try: async (failure, seconds = 0, urgency = "nobody") => {
      const tried: Way[] = [];
      const attempt = made.attempt(
        () => Promise.resolve(ends),
        () => urgency,
        (way) => {
          tried.push(way);
          now += seconds;
          return failure === null
            ? Promise.resolve("a line")
            : Promise.reject(new NetworkError("nothing", failure));
        },
      );
      if (failure === null) made.opened(await attempt);
      else await attempt.catch(() => undefined);
      const [way, ...others] = tried;
      if (way === undefined || others.length > 0) throw new Error("not one thing was tried");
      return way;
    },
  };
}

describe("a dialler", () => {
  test("goes to another endpoint when one stays silent", async () => {
    const page = dialler();
    expect((await page.try("generic_timeout_error", 3)).end).toBe(HOME);
    expect((await page.try(null)).end).toBe(FRONT);
    expect((await page.try(null)).end).toBe(FRONT);
  });

  test("shows nothing odd first to who asked for that", async () => {
    // An odd port may have worked yesterday: where it gets people cut off, it is for the last resort.
    expect((await dialler(nameOf(ODD), false, [HOME, ODD]).try(null)).end).toBe(ODD);
    expect((await dialler(nameOf(ODD), true, [HOME, ODD]).try(null)).end).toBe(HOME);
  });

  test("begins with what brought a line at the last visit", async () => {
    expect((await dialler(nameOf(FRONT)).try(null)).end).toBe(FRONT);
    expect((await dialler("https://gone.example/a-secret-door").try(null)).end).toBe(HOME);
  });

  test("gives the first round three seconds, and a slow network more", async () => {
    const page = dialler();
    expect((await page.try("generic_timeout_error", 3)).connect).toBe(3);
    expect((await page.try("generic_timeout_error", 3)).connect).toBeLessThanOrEqual(3);
    expect((await page.try("generic_timeout_error", 6)).connect).toBe(6);
  });

  test("leaves a home time that hangs up by itself, and hurries after silence", async () => {
    const page = dialler();
    for (let tried = 0; tried < 4; tried += 1) await page.try("unknown_failure", 0, "call");
    expect(page.dialler.pause("call")).toBe(0.5);
    await page.try("generic_timeout_error", 3, "call");
    expect(page.dialler.pause("call")).toBeLessThan(0.2);
  });

  // Neither a home without an endpoint for browsers nor one that cannot be met is asked in a loop.
  test.each([
    ["there is no way", (): Promise<Endpoint[]> => Promise.resolve([])],
    ["nobody knows one", (): Promise<Endpoint[]> => Promise.reject(new NetworkError("down", "host_unreachable"))],
  ])("says so when %s, and looks again more and more seldom", async (_, endpoints) => {
    const { dialler: page } = dialler();
    const pauses: number[] = [];
    for (let looked = 0; looked < 4; looked += 1) {
      const attempt = page.attempt(
        endpoints,
        () => "nobody",
        () => Promise.resolve("a line"),
      );
      await expect(attempt).rejects.toThrow(NetworkError);
      pauses.push(page.pause("nobody"));
    }
    expect(pauses.every((pause, at) => pause > (pauses[at - 1] ?? 0.2))).toBe(true);
  });
});

test("a page uses what a browser can: no other TLS name, no IPv6 in a policy", () => {
  expect(isUsable(HOME)).toBe(true);
  expect(isUsable(end("home.example", { web: false }))).toBe(false);
  expect(isUsable(end("192.0.2.1", { tlsName: "home.example" }))).toBe(false);
  expect(isUsable(end("2001:db8::1"))).toBe(false);
  expect(nameOf(end("2001:db8::1", { port: 8443 }))).toBe("https://[2001:db8::1]:8443/a-secret-door");
});
