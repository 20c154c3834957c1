/** What a person chose is there the next time, and is gone when everything is erased. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import {
  forgetPreferences,
  rememberedPreferences,
  rememberPreferences,
  USUAL,
} from "../../src/ui/preferences";

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("choices come back", () => {
  const chosen = { ...USUAL, theme: "dark", dataUse: "lowest", isCareful: true, hasLetters: false } as const;
  rememberPreferences(chosen);
  expect(rememberedPreferences()).toEqual(chosen);
});

test("nonsense in the storage is as good as nothing", () => {
  kept.set("hamseda.theme", "purple");
  kept.set("hamseda.dataUse", "");
  expect(rememberedPreferences()).toEqual(USUAL);
});

test("whoever erases everything leaves no choice behind", () => {
  rememberPreferences({ ...USUAL, isCareful: true });
  forgetPreferences();
  expect([...kept.keys()]).toEqual([]);
});

test("a browser that keeps nothing still works", () => {
  const forbidden = (): never => {
    throw new DOMException("denied", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: forbidden, setItem: forbidden, removeItem: forbidden });
  rememberPreferences(USUAL);
  forgetPreferences();
  expect(rememberedPreferences()).toEqual(USUAL);
});
