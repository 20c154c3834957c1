/** Contrast of every pair of colours that meet on a screen, reckoned from the style sheet itself. */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const FOLDER = new URL("../../src/ui/styles/", import.meta.url);
const TOKENS = readFileSync(new URL("tokens.css", FOLDER), "utf8");
const OPEN_HEX = /#[0-9a-f]{3,8}\b/gi;

/** WCAG 2.2: 1.4.3 for text, 1.4.11 for what must be seen to use a control or to understand. */
const TEXT = 4.5;
const SHAPE = 3;

/** Where each colour stands as text. */
const TEXT_ON: Readonly<Record<string, readonly string[]>> = {
  ink: ["bg", "surface", "sunken", "soft", "danger-soft", "warn-soft"],
  ink2: ["bg", "surface", "sunken", "soft"],
  primary: ["bg", "surface", "soft", "danger-soft", "warn-soft"],
  good: ["bg", "surface", "soft"],
  fair: ["bg", "surface", "soft"],
  weak: ["bg", "surface", "soft"],
  lost: ["bg", "surface", "soft", "danger-soft"],
  you: ["bg", "surface"],
  them: ["bg", "surface"],
  "on-primary": ["primary"],
  "on-danger": ["danger"],
  "on-answer": ["answer"],
};

/** Where each colour is a border, an icon, a tick of the ring, the outline of the focus. */
const SHAPE_ON: Readonly<Record<string, readonly string[]>> = {
  edge: ["bg", "surface"],
  focus: ["bg", "surface", "soft", "danger-soft", "warn-soft"],
  primary: ["bg", "surface"],
  danger: ["bg", "surface"],
  answer: ["bg", "surface"],
  you: ["bg", "surface", "soft"],
  them: ["bg", "surface"],
  ink2: ["bg", "surface"],
};

/** Hairlines that tell nothing: whoever does not see them misses nothing. */
const DECORATIVE = ["line"];

/** The oldest ticks of the ring are drawn this thin (ring.ts). */
const OLDEST_OPACITY = 0.75;

type Colour = readonly [number, number, number];
type Theme = ReadonlyMap<string, Colour>;

function block(selector: string): string {
  const start = TOKENS.indexOf(`${selector} {`);
  expect(start, selector).toBeGreaterThan(-1);
  return TOKENS.slice(start, TOKENS.indexOf("}", start));
}

function coloursIn(text: string): Theme {
  const found = [...text.matchAll(/--([a-z0-9-]+): #([0-9a-f]{6});/g)];
  return new Map(found.map(([, name = "", hex = ""]) => [name, colourOf(hex)]));
}

function colourOf(hex: string): Colour {
  const at = (index: number): number => Number.parseInt(hex.slice(index, index + 2), 16);
  return [at(0), at(2), at(4)];
}

const LIGHT = coloursIn(block(":root"));
const DARK = coloursIn(block(':root:where(:not([data-theme="light"]))'));
const CHOSEN_DARK = coloursIn(block(':root:where([data-theme="dark"])'));

function colour(theme: Theme, name: string): Colour {
  const found = theme.get(name);
  if (found === undefined) throw new Error(`there is no --${name}`);
  return found;
}

/** WCAG's relative luminance of sRGB. */
function luminance(of: Colour): number {
  const [red, green, blue] = of.map((byte) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function contrast(one: Colour, other: Colour): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function faded(top: Colour, ground: Colour, opacity: number): Colour {
  const mix = (index: 0 | 1 | 2): number => opacity * top[index] + (1 - opacity) * ground[index];
  return [mix(0), mix(1), mix(2)];
}

/** Name each pair whose contrast is too low, with what it is. */
function tooLow(theme: Theme, pairs: Readonly<Record<string, readonly string[]>>, least: number): string[] {
  return Object.entries(pairs).flatMap(([name, grounds]) =>
    grounds
      .map((ground) => ({ ground, is: contrast(colour(theme, name), colour(theme, ground)) }))
      .filter(({ is }) => is < least)
      .map(({ ground, is }) => `${name} on ${ground}: ${is.toFixed(2)}`),
  );
}

describe.each([
  ["light", LIGHT],
  ["dark", DARK],
])("%s", (_, theme) => {
  /** Who reads in the sun, or with old eyes, reads all of it. */
  test("text stands out from what it stands on", () => {
    expect(tooLow(theme, TEXT_ON, TEXT)).toEqual([]);
  });

  /** A border that nobody sees makes a button a mere word. */
  test("shapes stand out from what they stand on", () => {
    expect(tooLow(theme, SHAPE_ON, SHAPE)).toEqual([]);
  });

  /** What was said twelve seconds ago is drawn fainter, and is still there. */
  test.each(["you", "them"])("the oldest ticks of %s are seen", (voice) => {
    const ground = colour(theme, "bg");
    expect(contrast(faded(colour(theme, voice), ground, OLDEST_OPACITY), ground)).toBeGreaterThan(SHAPE);
  });

  /** A colour that somebody adds is reckoned like the others, or said to tell nothing. */
  test("every colour is in a pair", () => {
    const named = [TEXT_ON, SHAPE_ON].flatMap((pairs) => Object.entries(pairs).flat(2));
    expect([...theme.keys()].sort()).toEqual([...new Set([...named, ...DECORATIVE])].sort());
  });
});

/** CSS cannot say "or": who chooses dark and whose device wants dark must see the same. */
test("dark is one theme, written twice", () => {
  expect(CHOSEN_DARK).toEqual(DARK);
});

/** A colour written elsewhere would have no dark form and no contrast. */
test("colours stand in tokens.css only", () => {
  const elsewhere = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".css") && name !== "tokens.css")
    .flatMap((name) => readFileSync(new URL(name, FOLDER), "utf8").match(OPEN_HEX) ?? []);
  // A QR code is dark on white whatever the theme.
  expect(elsewhere).toEqual(["#ffffff", "#000000"]);
});
