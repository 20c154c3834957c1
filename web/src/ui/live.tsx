/** The two live regions, which exist from the first moment on, and the pace of what they say. */

import { useSignalEffect } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { Announcement } from "./announcements";
import { say, useLanguage } from "./words";

const STATUS_PAUSE_MS = 3000;

/** Something to be said; a new object says the same words again. */
export interface Said {
  readonly announcement: Announcement;
}

export function LiveRegions({ said }: { readonly said: ReadonlySignal<Said | null> }): VNode {
  const status = useRef<HTMLDivElement>(null);
  const alert = useRef<HTMLDivElement>(null);
  const language = useLanguage();
  const pause = useRef<{ until: number; timer: ReturnType<typeof setTimeout> | undefined }>({
    until: 0,
    timer: undefined,
  });
  useSignalEffect(() => {
    if (said.value === null) return;
    const { tone, key, values } = said.value.announcement;
    const text = say(language, key, values);
    if (tone === "alert") {
      put(alert.current, text);
      return;
    }
    // At most one in three seconds, and then the newest: nobody can hear five steps at once.
    const now = performance.now();
    const wait = Math.max(0, pause.current.until - now);
    pause.current.until = now + wait + (wait === 0 ? STATUS_PAUSE_MS : 0);
    clearTimeout(pause.current.timer);
    pause.current.timer = setTimeout(() => {
      pause.current.until = performance.now() + STATUS_PAUSE_MS;
      put(status.current, text);
    }, wait);
  });
  return (
    <>
      <div ref={status} class="unseen" role="status" />
      <div ref={alert} class="unseen" role="alert" />
    </>
  );
}

/** A region that gets the same words again must change, or nothing is said. */
function put(region: HTMLElement | null, text: string): void {
  if (region === null) return;
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
