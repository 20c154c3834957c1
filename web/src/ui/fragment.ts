/**
 * Take the fragment out of the address bar and the tab's history, before anything else runs.
 *
 * It may be an invitation: whoever reads it over a shoulder, by going back, or in a tab that is
 * shared could use it. `main.tsx` imports this module first. What it cannot reach is the browser's
 * own list of visited pages: Chromium has written the whole address there before a page can do
 * anything (spec/threat-model.md §7).
 */

/** Give the fragment without `#`, and replace this entry of the tab's history by one without it. */
export function takeFragment(): string {
  const fragment = location.hash.slice(1);
  if (fragment !== "" || location.href.endsWith("#")) {
    history.replaceState(null, "", location.pathname + location.search);
  }
  return fragment;
}

export const FIRST_FRAGMENT = takeFragment();
