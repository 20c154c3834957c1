/** Remember the few choices that are not about people; a browser that keeps nothing asks again. */

import type { Device } from "../platform/devices";
import type { DataUse } from "../worker/messages";
import type { Choices, DeviceKind } from "./callSound";
import { type Key, LANGUAGES, type Language, preferredLanguage } from "./words";

const LANGUAGE_KEY = "hamseda.language";
const DEVICE_KEYS: Readonly<Record<DeviceKind, string>> = {
  microphone: "hamseda.microphone",
  speaker: "hamseda.speaker",
};

export type Theme = "system" | "light" | "dark";

/** What a person chose besides language and devices. */
export interface Preferences {
  readonly theme: Theme;
  readonly dataUse: DataUse;
  /** One connection to the home at a time. */
  readonly isCareful: boolean;
  /** Single letters do something during calls. */
  readonly hasLetters: boolean;
  /** A call that comes in while the page is hidden is told by the system. */
  readonly notifies: boolean;
  /** The notification says who calls. */
  readonly namesCaller: boolean;
}

export const USUAL: Preferences = {
  theme: "system",
  dataUse: "clear",
  isCareful: false,
  hasLetters: true,
  notifies: true,
  namesCaller: false,
};

export const THEMES = ["system", "light", "dark"] as const;
export const DATA_KEYS: Readonly<Record<DataUse, Key>> = {
  clear: "data.clear",
  saver: "data.saver",
  lowest: "data.lowest",
};
export const DATA_USES = ["clear", "saver", "lowest"] as const;
const SWITCHES = ["isCareful", "hasLetters", "notifies", "namesCaller"] as const;
const PREFIX = "hamseda.";

/** Give what was chosen here, and what is usual for the rest. */
export function rememberedPreferences(): Preferences {
  const switches = Object.fromEntries(
    SWITCHES.map((name) => [name, switchOf(read(PREFIX + name), USUAL[name])]),
  );
  return {
    ...USUAL,
    ...switches,
    theme: optionOf(THEMES, read(`${PREFIX}theme`)) ?? USUAL.theme,
    dataUse: optionOf(DATA_USES, read(`${PREFIX}dataUse`)) ?? USUAL.dataUse,
  };
}

/** Keep all of it. */
export function rememberPreferences(preferences: Preferences): void {
  for (const [name, value] of Object.entries(preferences)) write(PREFIX + name, String(value));
}

function optionOf<Option extends string>(
  options: readonly Option[],
  kept: string | null,
): Option | null {
  return options.find((option) => option === kept) ?? null;
}

function switchOf(kept: string | null, usual: boolean): boolean {
  return kept === null ? usual : kept === "true";
}

/** Give the language that was chosen here, or that the browser wants. */
export function rememberedLanguage(wanted: readonly string[]): Language {
  const kept = read(LANGUAGE_KEY);
  return LANGUAGES.find((language) => language === kept) ?? preferredLanguage(wanted);
}

export function rememberLanguage(language: Language): void {
  write(LANGUAGE_KEY, language);
}

/** Give the devices that were chosen here. */
export function rememberedDevices(): Choices {
  return {
    microphone: deviceOf(read(DEVICE_KEYS.microphone)),
    speaker: deviceOf(read(DEVICE_KEYS.speaker)),
  };
}

/** Keep a device, with its name for when it is gone; null leaves it to the system again. */
export function rememberDevice(kind: DeviceKind, device: Device | null): void {
  if (device === null) remove(DEVICE_KEYS[kind]);
  else write(DEVICE_KEYS[kind], `${device.id}\n${device.name}`);
}

export function forgetPreferences(): void {
  const preferences = Object.keys(USUAL).map((name) => PREFIX + name);
  for (const key of [LANGUAGE_KEY, ...Object.values(DEVICE_KEYS), ...preferences]) remove(key);
}

function deviceOf(kept: string | null): Device | null {
  const [id, name] = kept?.split("\n") ?? [];
  return id === undefined || name === undefined ? null : { id, name };
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage may be forbidden or full: the choice holds until the page is closed.
  }
}

function remove(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // What may not be stored is not there either.
  }
}
