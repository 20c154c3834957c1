/**
 * Take the fragment out of the address bar, before anything else runs.
 *
 * It may be an invitation: whoever reads it over a shoulder, in the history or in a shared tab could
 * use it. `main.tsx` imports this module first.
 */

/** Give the fragment without `#`, and remove it from the address bar and the history. */
export function takeFragment(): string {
  const fragment = location.hash.slice(1);
  if (fragment !== "" || location.href.endsWith("#")) {
    history.replaceState(null, "", location.pathname + location.search);
  }
  return fragment;
}

export const FIRST_FRAGMENT = takeFragment();
