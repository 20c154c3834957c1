/** Past calls, newest first: who, which way, when, how long; each can be opened or called back. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ClientView, LogEntry } from "../../worker/messages";
import { formatWhen } from "../format";
import { Icon } from "../icons";
import { type Model, PEOPLE } from "../model";
import { useEscape, useGo, usePage } from "../page";
import { Button, Heading } from "../parts";
import { DIRECTION_ICONS, unseenCount } from "../people";
import { T, useLanguage } from "../words";
import { CallButton } from "./CallButton";
import { EntryWords } from "./EntryWords";
import { AskFirst, Question } from "./Question";
import { walkRows } from "./rows";
import { Warnings } from "./Warnings";

/** Rows drawn at once: old telephones need long for hundreds. */
const PORTION = 50;

interface CallsProps {
  readonly model: Model;
  readonly view: ClientView;
}

export function Calls({ model, view }: CallsProps): VNode {
  const { announce } = usePage();
  const go = useGo();
  const [shown, show] = useState(PORTION);
  const { log } = view;
  useEscape(() => {
    go(PEOPLE);
  });
  useSeeing(log);
  useEffect(() => {
    announce({ tone: "status", key: "log.count", values: { n: log.length } });
    // Once, when the screen appears.
  }, []);
  return (
    <main class="task calls-list">
      <Heading k="log.title" />
      <Warnings model={model} />
      {log.length === 0 ? (
        <p class="card empty">
          <T k="log.empty" />
        </p>
      ) : (
        <>
          <p class="hint">
            <T k="log.local" />
          </p>
          <ul class="rows card" onKeyDown={walkRows}>
            {log.slice(0, shown).map((entry) => (
              <Row key={entry.id} entry={entry} view={view} />
            ))}
          </ul>
          {shown < log.length && (
            <Button
              onPress={() => {
                show(shown + PORTION);
              }}
            >
              <T k="log.more" />
            </Button>
          )}
          <ClearLog />
        </>
      )}
    </main>
  );
}

/** Whoever looks at this list has seen what was missed. */
function useSeeing(log: readonly LogEntry[]): void {
  const { send } = usePage();
  const unseen = unseenCount(log);
  useEffect(() => {
    const see = (): void => {
      if (unseen > 0 && !document.hidden) send({ kind: "logSeen" });
    };
    see();
    document.addEventListener("visibilitychange", see);
    return () => {
      document.removeEventListener("visibilitychange", see);
    };
  }, [unseen, send]);
}

function Row({ entry, view }: { readonly entry: LogEntry; readonly view: ClientView }): VNode {
  const { send, now } = usePage();
  const language = useLanguage();
  const go = useGo();
  const [isAsking, ask] = useState(false);
  const contact = view.contacts.find(({ id }) => id === entry.contact);
  return (
    <li class="row">
      <button
        type="button"
        class="open"
        onClick={() => {
          go({ kind: "past", id: entry.id });
        }}
        onKeyDown={({ key }) => {
          if (key === "Delete") ask(true);
        }}
      >
        <span class={entry.direction === "missed" ? "sign lost" : "sign"}>
          <Icon name={DIRECTION_ICONS[entry.direction]} />
        </span>
        <span class="who">
          <bdi class="strong">{entry.name}</bdi>
          <span class={entry.direction === "missed" ? "state lost" : "state"}>
            <span>
              <EntryWords entry={entry} when={formatWhen(language, entry.at, now.value)} />
            </span>
          </span>
        </span>
      </button>
      {contact?.standing === "confirmed" && <CallButton contact={contact} />}
      {isAsking && (
        <Question
          onNo={() => {
            ask(false);
          }}
          onYes={() => {
            send({ kind: "forgetCall", id: entry.id });
          }}
          yes={<T k="log.forget" />}
        >
          <T k="log.ask" />
        </Question>
      )}
    </li>
  );
}

function ClearLog(): VNode {
  const { send } = usePage();
  return (
    <AskFirst
      does="log.clear"
      question="log.clearask"
      onYes={() => {
        send({ kind: "clearLog" });
      }}
    />
  );
}
