/** A page from a file, before it has kept anything: under a passphrase, or not at all. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { usePage } from "../page";
import { Button, Field, Heading } from "../parts";
import { type Key, T } from "../words";
import { LanguageSwitch } from "./Foot";
import { passphraseFault } from "./Lock";

export function FileStart(): VNode {
  const { send } = usePage();
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const [fault, setFault] = useState<Key | null>(null);
  const [isAsked, ask] = useState(false);
  return (
    <main class="task">
      <header class="top">
        <span />
        <LanguageSwitch />
      </header>
      <Heading k="file.title" />
      <p>
        <T k="file.why" />
      </p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const found = passphraseFault(passphrase, again);
          setFault(found);
          if (found !== null || isAsked) return;
          ask(true);
          send({ kind: "keep", passphrase });
        }}
      >
        <Field
          label="lock.new"
          hint="lock.hint"
          kind="passphrase"
          value={passphrase}
          onInput={setPassphrase}
        />
        <Field label="lock.again" kind="passphrase" value={again} onInput={setAgain} />
        <p class="strong" role="alert">
          {fault !== null && <T k={fault} />}
        </p>
        <p>
          <T k="lock.forget" />
        </p>
        <Button icon="lock" look="primary" submits disabled={isAsked}>
          <T k={isAsked ? "lock.setting" : "file.keep"} />
        </Button>
      </form>
      <div class="actions">
        <Button
          disabled={isAsked}
          onPress={() => {
            ask(true);
            send({ kind: "keep", passphrase: null });
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
