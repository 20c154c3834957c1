/** The passphrase: set a new one, or open what is locked. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Gate } from "../model";
import { SETTINGS } from "../model";
import { useGo, usePage } from "../page";
import { Button, Field, Heading } from "../parts";
import { type Key, T } from "../words";
import { Foot } from "./Foot";
import { Task } from "./Task";

const LEAST = 8;

/** `hasPeople`: something was stored without this passphrase before. */
export function NewPassphrase({ asked, hasPeople }: {
  readonly asked: boolean;
  readonly hasPeople: boolean;
}): VNode {
  const { send } = usePage();
  const go = useGo();
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const [fault, setFault] = useState<Key | null>(null);
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
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (asked) return;
          const found = passphraseFault(passphrase, again);
          setFault(found);
          if (found !== null) return;
          go({ kind: "passphrase", asked: true });
          send({ kind: "setPassphrase", passphrase });
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
        {hasPeople && (
          <p class="hint">
            <T k="lock.before" />
          </p>
        )}
        <Button icon="lock" look="primary" submits disabled={asked}>
          <T k={asked ? "lock.setting" : "lock.do"} />
        </Button>
      </form>
    </Task>
  );
}

/** Tell what is wrong with a new passphrase; null when it can be taken. */
export function passphraseFault(passphrase: string, again: string): Key | null {
  if (passphrase.length < LEAST) return "lock.short";
  return passphrase === again ? null : "lock.differ";
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
