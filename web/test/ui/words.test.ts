/** The words of both languages: complete, used, of one meaning, spelt as the language wants it. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { preferredLanguage, say, TABLES } from "../../src/ui/words";

const UI = join(import.meta.dirname, "../../src/ui");
const EN = Object.entries(TABLES.en);
const FA = new Map(Object.entries(TABLES.fa));

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== "strings" && name !== "gallery" && name !== "styles")
    .map((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? sources(path) : readFileSync(path, "utf8");
    })
    .join("\n");
}

function argumentsOf(message: string): string[] {
  return [...new Set([...message.matchAll(/\{(\w+)[,}]/g)].map(([, name]) => name ?? ""))].sort();
}

test("every sentence exists in both languages, with the same names in it", () => {
  // Somebody who reads Persian must not be told half of what somebody who reads English is.
  expect([...FA.keys()]).toEqual(EN.map(([key]) => key));
  for (const [key, english] of EN) {
    expect([key, argumentsOf(FA.get(key) ?? "")]).toEqual([key, argumentsOf(english)]);
  }
});

test("every sentence is said somewhere", () => {
  // A sentence that nobody says is translated, proof-read and shipped for nothing.
  const code = sources(UI);
  expect(EN.map(([key]) => key).filter((key) => !code.includes(`"${key}"`))).toEqual([]);
});

test("Persian is spelt with Persian letters", () => {
  // Arabic ye and kaf look alike in some fonts and break search, sorting and spoken output.
  for (const [key, persian] of FA) expect([key, /[يك٠-٩]/.test(persian)]).toEqual([key, false]);
});

test("a name from the other script cannot turn a sentence around", () => {
  // Without isolation a Persian name moves the full stop of an English sentence.
  expect(say("en", "incoming.title", { name: "مریم" })).toBe("\u2068مریم\u2069 is calling");
});

test("numbers in sentences follow the language", () => {
  // Persian readers read Persian digits; English has a singular.
  expect(say("en", "reconnect.left", { n: 1 })).toBe("1 second left before the call ends");
  expect(say("en", "reconnect.left", { n: 76 })).toBe("76 seconds left before the call ends");
  expect(say("fa", "reconnect.left", { n: 76 })).toBe("۷۶ ثانیه تا پایان تماس");
});

test("the browser's first known language is taken", () => {
  // Nobody should have to find a switch before understanding the page.
  expect(preferredLanguage(["de-DE", "fa-IR", "en"])).toBe("fa");
  expect(preferredLanguage(["de", "fr"])).toBe("en");
});

test("no sentence is glued together", () => {
  // Word order differs: what is one sentence in English cannot be cut at the same places in Persian.
  const code = sources(UI);
  const glued = [
    // `${say(…)} …`, say(…) + …, … + say(…)
    /`[^`]*\$\{\s*say\([^`]*`/g,
    /\bsay\([^()]*(?:\([^()]*\)[^()]*)*\)\s*\+/g,
    /\+\s*say\(/g,
    // <T …/> beside another one in one line of text
    /<T k=[^>]*\/>(?:\{" "\}|[ \t]*)<T k=/g,
  ].flatMap((pattern) => code.match(pattern) ?? []);
  expect(glued).toEqual([]);
});

test("no word stands in the code itself", () => {
  // It would be English for everybody. Signs that are the same in all languages may stay.
  const loose = screens()
    .flatMap((code) => [...code.matchAll(/>([^<>{}]*\p{L}[^<>{}]*)<\//gu)].map(([, words]) => words?.trim()))
    .filter((words) => words !== undefined && !/[;=()]/.test(words));
  expect(loose).toEqual([]);
});

test("sentences are whole: none begins or ends in the middle", () => {
  for (const [key, english] of EN) {
    for (const words of [english, FA.get(key) ?? ""]) {
      expect([key, words === words.trim(), /[,،;:]$/.test(words)]).toEqual([key, true, false]);
    }
  }
});

test("who brought a list and reached no server is told no reason that may be wrong", () => {
  // On a first visit it is not the key: nothing of the server is known yet, and it is silent.
  expect(say("en", "ways.unreached")).not.toMatch(/key/i);
  expect(say("fa", "ways.unreached")).not.toContain("کلید");
});

function screens(): string[] {
  const folder = join(UI, "screens");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".tsx"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
}
