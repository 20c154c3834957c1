/** The three places between calls: people, past calls, settings; one press apart. */

import type { ComponentChildren, VNode } from "preact";
import { Icon, type IconName } from "../icons";
import { CALLS, PEOPLE, type Place, SETTINGS } from "../model";
import { useGo } from "../page";
import { type Key, say, T, useLanguage } from "../words";

type Tab = "people" | "calls" | "settings";

interface TabView {
  readonly tab: Tab;
  readonly place: Place;
  readonly icon: IconName;
  readonly label: Key;
}

const TABS: readonly TabView[] = [
  { tab: "people", place: PEOPLE, icon: "users", label: "people.title" },
  { tab: "calls", place: CALLS, icon: "clock", label: "log.title" },
  { tab: "settings", place: SETTINGS, icon: "settings", label: "set.title" },
];

/** `isDeep`: a screen with a way back of its own; a small page keeps its room for it. */
export function Shell({ at, isDeep = false, children }: {
  readonly at: Tab;
  readonly isDeep?: boolean;
  readonly children: ComponentChildren;
}): VNode {
  const go = useGo();
  const language = useLanguage();
  return (
    <div class={isDeep ? "shell deep" : "shell"}>
      <nav class="tabs" aria-label={say(language, "app.name")}>
        {TABS.map(({ tab, place, icon, label }) => (
          <button
            key={tab}
            type="button"
            aria-current={tab === at ? "page" : undefined}
            onClick={() => {
              go(place);
            }}
          >
            <Icon name={icon} />
            <span>
              <T k={label} />
            </span>
          </button>
        ))}
      </nav>
      {children}
    </div>
  );
}
