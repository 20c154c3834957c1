/** Choose a new passphrase: twice, and long enough. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Button, Field } from "../parts";
import { type Key, T } from "../words";

const LEAST = 8;

/** `isAsked`: it was given, and is being put into effect. */
export function PassphraseForm({ isAsked, does, onPassphrase, children }: {
  readonly isAsked: boolean;
  readonly does: Key;
  readonly onPassphrase: (passphrase: string) => void;
  readonly children?: VNode | false;
}): VNode {
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const [fault, setFault] = useState<Key | null>(null);
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isAsked) return;
        const found = passphraseFault(passphrase, again);
        setFault(found);
        if (found === null) onPassphrase(passphrase);
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
      {children}
      <Button icon="lock" look="primary" submits disabled={isAsked}>
        <T k={isAsked ? "lock.setting" : does} />
      </Button>
    </form>
  );
}

/** Tell what is wrong with a new passphrase; null when it can be taken. */
function passphraseFault(passphrase: string, again: string): Key | null {
  if (passphrase.length < LEAST) return "lock.short";
  return passphrase === again ? null : "lock.differ";
}
