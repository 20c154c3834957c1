/** Keep the page's title: the heading, and no name while nobody looks at the page. */

import { useEffect } from "preact/hooks";
import { type Key, say, useLanguage } from "./words";

const TURN_MS = 1000;

/** Show `title`, or `hidden` in the background; `alternates` turns with the page's name at 1 Hz. */
export function useReadingTitle(title: string, hidden: Key | undefined, alternates: boolean): void {
  const language = useLanguage();
  useEffect(() => {
    const own = say(language, "app.name");
    let isTurned = false;
    const show = (): void => {
      const text = document.hidden ? (hidden === undefined ? null : say(language, hidden)) : title;
      document.title = text === null || text === own || isTurned ? own : `${text} – ${own}`;
    };
    const turning = alternates
      ? setInterval(() => {
          isTurned = !isTurned;
          show();
        }, TURN_MS)
      : undefined;
    show();
    document.addEventListener("visibilitychange", show);
    return () => {
      clearInterval(turning);
      document.removeEventListener("visibilitychange", show);
    };
  }, [title, hidden, alternates, language]);
}
