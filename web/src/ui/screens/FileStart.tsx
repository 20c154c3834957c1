/** A page from a file, before it has kept anything: under a passphrase, or not at all. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Model } from "../model";
import { usePage } from "../page";
import { Button, Heading } from "../parts";
import { T } from "../words";
import { LanguageSwitch } from "./Foot";
import { PassphraseForm } from "./PassphraseForm";
import { Warnings } from "./Warnings";

export function FileStart({ model }: { readonly model: Model }): VNode {
  const { send } = usePage();
  const [isAsked, ask] = useState(false);
  // The client asks once more when it could not be done.
  useEffect(() => {
    ask(false);
  }, [model.gate]);
  const keep = (passphrase: string | null): void => {
    ask(true);
    send({ kind: "keep", passphrase });
  };
  return (
    <main class="task">
      <header class="top">
        <span />
        <LanguageSwitch />
      </header>
      <Heading k="file.title" />
      <Warnings model={model} />
      <p>
        <T k="file.why" />
      </p>
      <PassphraseForm isAsked={isAsked} does="file.keep" onPassphrase={keep} />
      <div class="actions">
        <Button
          disabled={isAsked}
          onPress={() => {
            keep(null);
          }}
        >
          <T k="file.session" />
        </Button>
      </div>
      <p class="hint">
        <T k="file.gone" />
      </p>
    </main>
  );
}

/** Say where this page came from: from a home, whose operator could change it, or from the disk. */
export function Origin({ k }: { readonly k: "first.page" | "accept.page" }): VNode {
  const { address } = usePage();
  const { protocol, host } = new URL(address);
  return protocol === "file:" ? <T k="file.page" /> : <T k={k} values={{ host }} />;
}
