/** The ways to the server as a list: bring a newer one, or pass on the one that is here. */

import type { VNode } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { LIST_TEXT_MOST } from "../../wire/document";
import type { ListOutcome } from "../../worker/messages";
import { isFile } from "../address";
import { type Model, SETTINGS } from "../model";
import { useGo, usePage } from "../page";
import { Button, Heading, Notice } from "../parts";
import { QR_TEXT_MOST, QrCode } from "../QrCode";
import { type Key, T } from "../words";
import { CopyButton } from "./CopyButton";
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
  const { send, dispatch } = usePage();
  const [text, setText] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const id = useId();
  const take = (given: string): void => {
    if (asked || given.trim() === "") return;
    dispatch({ kind: "go", place: { kind: "ways", asked: true, outcome: null } });
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
      <div class="field">
        <label for={id}>
          <T k="ways.paste" />
        </label>
        <textarea
          id={id}
          class="link"
          dir="ltr"
          rows={4}
          maxLength={LIST_TEXT_MOST}
          autoComplete="off"
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
          }}
        />
      </div>
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
            take("-");
          });
          currentTarget.value = "";
        }}
      />
    </form>
  );
}

const OUTCOMES: Readonly<Record<Exclude<ListOutcome, "taken">, Key>> = {
  known: "ways.known",
  other: "ways.other",
  altered: "ways.altered",
  unreached: "ways.unreached",
};

function Outcome({ outcome }: { readonly outcome: ListOutcome }): VNode {
  const { address, isKept, reopen } = usePage();
  if (outcome === "taken" && isFile(address)) {
    return (
      <Notice icon="circle-check" tone="plain">
        <p>
          <T k="ways.taken" />
        </p>
      </Notice>
    );
  }
  const isUsable = outcome === "taken" || outcome === "unreached";
  return (
    <Notice
      icon={outcome === "taken" || outcome === "known" ? "circle-check" : "triangle-alert"}
      tone={outcome === "taken" || outcome === "known" ? "plain" : "warn"}
    >
      <p>
        <T k={outcome === "taken" ? "ways.takenlater" : OUTCOMES[outcome]} />
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
  const canShare = "share" in navigator;
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
      <div class="actions">
        {canShare && (
          <Button
            icon="share-2"
            look="primary"
            onPress={() => {
              // Closing the share sheet is an answer too.
              navigator.share({ text }).catch(() => undefined);
            }}
          >
            <T k="ways.share" />
          </Button>
        )}
        <CopyButton
          text={text}
          label="ways.copy"
          done="ways.copied"
          look={canShare ? "plain" : "primary"}
        />
        <a
          class="button plain"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
          download="list.txt"
        >
          <span>
            <T k="ways.save" />
          </span>
        </a>
      </div>
      {text.length <= QR_TEXT_MOST && (
        <figure class="qr">
          <QrCode text={text} />
          <figcaption>
            <T k="invite.scan" />
          </figcaption>
        </figure>
      )}
    </section>
  );
}
