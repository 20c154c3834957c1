/** The quiet things at the foot of a page: language, a second person to try with, settings, erasing. */

import type { VNode } from "preact";
import { aloneAddress, isLocal } from "../address";
import { Icon } from "../icons";
import { SETTINGS } from "../model";
import { useGo, usePage } from "../page";
import { Button } from "../parts";
import { LANGUAGES, OWN_NAMES, T, useLanguage } from "../words";
import { AskFirst } from "./Question";

/** Offer the other language, by its own name. */
export function LanguageSwitch(): VNode {
  const { speak } = usePage();
  const language = useLanguage();
  return (
    <span class="languages">
      {LANGUAGES.filter((other) => other !== language).map((other, at) => (
        <button
          // The same button under another name: the focus stays where it is.
          key={at}
          type="button"
          class="button quiet"
          lang={other}
          onClick={() => {
            speak(other);
          }}
        >
          <Icon name="languages" />
          <span>{OWN_NAMES[other]}</span>
        </button>
      ))}
    </span>
  );
}

/** On the machine itself: open a second person with a store of his own. */
export function AloneLink(): VNode | null {
  const { address } = usePage();
  if (!isLocal(new URL(address).hostname)) return null;
  return (
    <a class="button quiet" href={aloneAddress(address)} target="_blank" rel="noopener">
      <Icon name="external-link" />
      <span>
        <T k="alone.open" />
      </span>
    </a>
  );
}

export function Foot(): VNode {
  return (
    <footer class="foot">
      <EraseEverything />
    </footer>
  );
}

export function SettingsButton(): VNode {
  const go = useGo();
  return (
    <Button
      icon="settings"
      look="quiet"
      onPress={() => {
        go(SETTINGS);
      }}
    >
      <T k="set.title" />
    </Button>
  );
}

export function EraseEverything(): VNode {
  const { send } = usePage();
  return (
    <AskFirst
      does="set.erase"
      question="erase.ask"
      onYes={() => {
        send({ kind: "erase" });
      }}
    />
  );
}
