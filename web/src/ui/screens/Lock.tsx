/** The passphrase: set a new one, or open what is locked. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Gate } from "../model";
import { SETTINGS } from "../model";
import { useGo, usePage } from "../page";
import { Button, Field, Heading } from "../parts";
import { T } from "../words";
import { Foot } from "./Foot";
import { PassphraseForm } from "./PassphraseForm";
import { Task } from "./Task";

/** `hasPeople`: something was stored without this passphrase before. */
export function NewPassphrase({ asked, hasPeople }: {
  readonly asked: boolean;
  readonly hasPeople: boolean;
}): VNode {
  const { send } = usePage();
  const go = useGo();
  return (
    <Task
      onBack={() => {
        go(SETTINGS);
      }}
    >
      <Heading k="lock.set" />
      <p>
        <T k="lock.why" />
      </p>
      <PassphraseForm
        isAsked={asked}
        does="lock.do"
        onPassphrase={(passphrase) => {
          go({ kind: "passphrase", asked: true });
          send({ kind: "setPassphrase", passphrase });
        }}
      >
        {hasPeople && (
          <p class="hint">
            <T k="lock.before" />
          </p>
        )}
      </PassphraseForm>
    </Task>
  );
}

/** Ask for the passphrase; who has forgotten it can only start anew. */
export function Locked({ gate, onOpen }: {
  readonly gate: Extract<Gate, { kind: "locked" }>;
  readonly onOpen: (passphrase: string) => void;
}): VNode {
  const [passphrase, setPassphrase] = useState("");
  const [isOpening, open] = useState(false);
  useEffect(() => {
    open(false);
  }, [gate]);
  return (
    <main class="task">
      <Heading k="lock.title" />
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (passphrase === "" || isOpening) return;
          open(true);
          onOpen(passphrase);
        }}
      >
        <Field label="lock.ask" kind="passphrase" value={passphrase} onInput={setPassphrase} />
        <p class="strong" role="alert">
          {gate.wrong && !isOpening && <T k="lock.wrong" />}
        </p>
        <Button look="primary" submits disabled={isOpening}>
          <T k={isOpening ? "lock.opening" : "lock.open"} />
        </Button>
      </form>
      <p class="hint">
        <T k="lock.forgotten" />
      </p>
      <Foot />
    </main>
  );
}
