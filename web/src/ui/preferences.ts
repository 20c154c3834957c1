/** Remember the few choices that are not about people; a browser that keeps nothing asks again. */

import type { Device } from "../platform/devices";
import type { Choices, DeviceKind } from "./callSound";
import { LANGUAGES, type Language, preferredLanguage } from "./words";

const LANGUAGE_KEY = "hamseda.language";
const DEVICE_KEYS: Readonly<Record<DeviceKind, string>> = {
  microphone: "hamseda.microphone",
  speaker: "hamseda.speaker",
};

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
  for (const key of [LANGUAGE_KEY, ...Object.values(DEVICE_KEYS)]) remove(key);
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
