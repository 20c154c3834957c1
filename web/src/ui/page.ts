/** Hold what every screen may use: the model's events, the commands, what is heard, the clock. */

import type { ReadonlySignal } from "@preact/signals";
import { createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";
import type { NotifyState } from "../platform/notifications";
import type { Command } from "../worker/messages";
import type { Announcement } from "./announcements";
import type { DeviceKind } from "./callSound";
import type { Event, Place, Wish } from "./model";
import type { Preferences } from "./preferences";
import type { QualityState } from "./quality";
import type { Ring } from "./ring";
import type { Sent } from "./screens";
import type { SoundTestState } from "./soundTest";
import type { Language } from "./words";

export interface Page {
  /** The page's own address, without fragment. */
  readonly address: string;
  readonly ring: ReadonlySignal<Ring>;
  readonly quality: ReadonlySignal<QualityState>;
  /** Three seconds of the other voice were played. */
  readonly canVerify: ReadonlySignal<boolean>;
  /** How our own voice leaves. */
  readonly sent: ReadonlySignal<Sent>;
  /** Unix milliseconds, once a second during calls and once a minute else. */
  readonly now: ReadonlySignal<number>;
  readonly send: (command: Command) => void;
  readonly dispatch: (event: Event) => void;
  /** Get the microphone, then do it. */
  readonly wish: (wish: Wish) => void;
  readonly announce: (announcement: Announcement) => void;
  readonly speak: (language: Language) => void;
  readonly preferences: ReadonlySignal<Preferences>;
  /** Choose something else from now on. */
  readonly prefer: (change: Partial<Preferences>) => void;
  readonly notifies: ReadonlySignal<NotifyState>;
  readonly askToNotify: () => void;
  /** Record and play back here; gives the way to stop it. */
  readonly testSound: (tell: (state: SoundTestState) => void) => () => void;
  /** Use a microphone or speaker, null for the system's own choice. */
  readonly choose: (kind: DeviceKind, id: string | null) => void;
  readonly unlock: (passphrase: string) => void;
  /** Open the newest page that the home has. */
  readonly reload: () => void;
  /** Load this page anew as it is kept on the device; never during a call. */
  readonly reopen: () => void;
  /** Tell whether it is kept, so that it opens without its home. */
  readonly isKept: () => boolean;
}

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === null) throw new Error("a screen stands outside the page");
  return page;
}

export function useGo(): (place: Place) => void {
  const { dispatch } = usePage();
  return (place) => {
    dispatch({ kind: "go", place });
  };
}

/** Leave by Esc. Never ends a call: no screen may say so here. */
export function useEscape(leave: (() => void) | null): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Escape" || event.defaultPrevented || leave === null) return;
      event.preventDefault();
      leave();
    };
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("keydown", onKey);
    };
  });
}

/** A letter's physical key, so that it works under every keyboard layout. */
export type LetterCode = "KeyA" | "KeyD" | "KeyI" | "KeyM" | "KeyT" | "KeyV";
type Letters = Readonly<Partial<Record<LetterCode, (isDown: boolean) => void>>>;

/** Act on single letters of a call screen; never while a text is written. */
export function useLetters(letters: Letters): void {
  const { preferences } = usePage();
  const isOff = !preferences.value.hasLetters;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isOff) return;
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || isWriting(event)) return;
      const found = Object.entries(letters).find(([code]) => code === event.code);
      found?.[1](event.type === "keydown");
    };
    addEventListener("keydown", onKey);
    addEventListener("keyup", onKey);
    return () => {
      removeEventListener("keydown", onKey);
      removeEventListener("keyup", onKey);
    };
  });
}

function isWriting({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select");
}
