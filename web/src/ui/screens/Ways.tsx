/** The ways to the server as a list: bring a newer one, or pass on the one that is here. */

import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { LIST_TEXT_MOST } from "../../wire/document";
import type { ListOutcome } from "../../worker/messages";
import { isFile } from "../address";
import { type Model, SETTINGS, WAYS } from "../model";
import { useGo, usePage } from "../page";
import { Button, Field, Heading, Notice } from "../parts";
import { type Key, T } from "../words";
import { PassOnButtons, ScanFigure } from "./PassOn";
import { Task } from "./Task";

interface WaysProps {
  readonly model: Model;
  /** What came of the list that was brought last. */
  readonly outcome: ListOutcome | null;
  readonly asked: boolean;
}

export function Ways({ model, outcome, asked }: WaysProps): VNode {
  const go = useGo();
  const { send } = usePage();
  useEffect(() => {
    send({ kind: "showList" });
  }, [send]);
  return (
    <Task
      onBack={() => {
        go(SETTINGS);
      }}
    >
      <Heading k="ways.title" />
      <p>
        <T k="ways.why" />
      </p>
      {model.waysFrom !== null && (
        <p>
          <T k="ways.from" values={{ name: model.waysFrom }} />
        </p>
      )}
      <Taking asked={asked} />
      <div role="status">{outcome !== null && <Outcome outcome={outcome} />}</div>
      {model.list !== null && <Passing text={model.list} />}
    </Task>
  );
}

function Taking({ asked }: { readonly asked: boolean }): VNode {
  const { send } = usePage();
  const go = useGo();
  const [text, setText] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const take = (given: string): void => {
    if (asked) return;
    go({ ...WAYS, asked: true });
    send({ kind: "takeList", text: given });
  };
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        take(text);
      }}
    >
      <Field label="ways.paste" kind="list" value={text} onInput={setText} />
      <div class="pair">
        <Button look="primary" submits disabled={asked}>
          <T k="ways.take" />
        </Button>
        <Button
          disabled={asked}
          onPress={() => {
            file.current?.click();
          }}
        >
          <T k="ways.file" />
        </Button>
      </div>
      <input
        ref={file}
        type="file"
        accept=".txt,text/plain"
        hidden
        onChange={({ currentTarget }) => {
          const [chosen] = currentTarget.files ?? [];
          // What is too long for a list is judged by its beginning: it is none.
          void chosen?.slice(0, LIST_TEXT_MOST + 1).text().then(take, () => {
            go({ ...WAYS, outcome: "altered" });
          });
          currentTarget.value = "";
        }}
      />
    </form>
  );
}

const OUTCOMES: Readonly<Record<ListOutcome, Key>> = {
  taken: "ways.takenlater",
  known: "ways.known",
  other: "ways.other",
  altered: "ways.altered",
  unreached: "ways.unreached",
};

function Outcome({ outcome }: { readonly outcome: ListOutcome }): VNode {
  const { address, isKept, reopen } = usePage();
  const isFine = outcome === "taken" || outcome === "known";
  const isUsable = outcome === "taken" || outcome === "unreached";
  return (
    <Notice icon={isFine ? "circle-check" : "triangle-alert"} tone={isFine ? "plain" : "warn"}>
      <p>
        <T k={outcome === "taken" && isFile(address) ? "ways.taken" : OUTCOMES[outcome]} />
      </p>
      {/* Without what is kept, a page whose server is blocked would be lost by it. */}
      {isUsable && isKept() && (
        <Button look="quiet" onPress={reopen}>
          <T k="ways.reopen" />
        </Button>
      )}
    </Notice>
  );
}

function Passing({ text }: { readonly text: string }): VNode {
  return (
    <section class="setting">
      <h2>
        <T k="ways.pass" />
      </h2>
      <p>
        <T k="ways.passwhy" />
      </p>
      <Notice icon="triangle-alert" tone="warn">
        <p>
          <T k="ways.warn" />
        </p>
      </Notice>
      <PassOnButtons
        data={{ text }}
        text={text}
        share="ways.share"
        copy="ways.copy"
        copied="ways.copied"
      >
        <a
          class="button plain"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
          download="list.txt"
        >
          <span>
            <T k="ways.save" />
          </span>
        </a>
      </PassOnButtons>
      <ScanFigure text={text} />
    </section>
  );
}
