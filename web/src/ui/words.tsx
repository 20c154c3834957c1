/** Say things in the person's language (one table a language, ICU messages, nothing concatenated). */

import { IntlMessageFormat } from "intl-messageformat";
import { createContext, type VNode } from "preact";
import { useContext } from "preact/hooks";
import { EN } from "./strings/en";
import { FA } from "./strings/fa";

export type Key = keyof typeof EN;
export type Table = Readonly<Record<Key, string>>;
export type Values = Readonly<Record<string, string | number>>;
export type Language = "en" | "fa";

export const LANGUAGES: readonly Language[] = ["en", "fa"];
export const TABLES: Readonly<Record<Language, Table>> = { en: EN, fa: FA };
/** Each language by its own name: whoever cannot read the page finds the way out. */
export const OWN_NAMES: Readonly<Record<Language, string>> = { en: "English", fa: "فارسی" };
export const DIRECTIONS = { en: "ltr", fa: "rtl" } as const;

// First strong isolate and its end: a name in another script cannot turn the sentence around.
const FSI = "\u2068";
const PDI = "\u2069";

const messages = new Map<string, IntlMessageFormat>();

function message(language: Language, key: Key): IntlMessageFormat {
  const id = `${language} ${key}`;
  const known = messages.get(id) ?? new IntlMessageFormat(TABLES[language][key], language);
  messages.set(id, known);
  return known;
}

/** Say it as plain text (titles, announcements); strings in it are isolated by FSI and PDI. */
export function say(language: Language, key: Key, values: Values = {}): string {
  const isolated = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "string" ? FSI + value + PDI : value,
    ]),
  );
  const said = message(language, key).format(isolated);
  return Array.isArray(said) ? said.join("") : String(said);
}

/** Choose the language of this browser; English when it wants neither. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().split("-")[0] === language);
    if (found !== undefined) return found;
  }
  return "en";
}

export const LanguageContext = createContext<Language>("en");

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

/** Say it on the screen; strings in it stand in `<bdi>`. */
export function T({ k, values = {} }: { readonly k: Key; readonly values?: Values }): VNode {
  const language = useLanguage();
  const isolated = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "string" ? <bdi key={name}>{value}</bdi> : value,
    ]),
  );
  return <>{message(language, k).format<VNode>(isolated)}</>;
}
