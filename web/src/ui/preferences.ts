/** Remember the few choices that are not about people; a browser that keeps nothing asks again. */

import { LANGUAGES, type Language, preferredLanguage } from "./words";

const LANGUAGE_KEY = "hamseda.language";

/** Give the language that was chosen here, or that the browser wants. */
export function rememberedLanguage(wanted: readonly string[]): Language {
  const kept = read(LANGUAGE_KEY);
  return LANGUAGES.find((language) => language === kept) ?? preferredLanguage(wanted);
}

export function rememberLanguage(language: Language): void {
  try {
    localStorage.setItem(LANGUAGE_KEY, language);
  } catch {
    // Storage may be forbidden or full: the choice holds until the page is closed.
  }
}

export function forgetLanguage(): void {
  try {
    localStorage.removeItem(LANGUAGE_KEY);
  } catch {
    // What may not be stored is not there either.
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
