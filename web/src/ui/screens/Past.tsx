/** One past call: how it ended, why, and the way to call again. */

import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { ClientView, LogEntry, Trace } from "../../worker/messages";
import { endingOf } from "../ended";
import { formatMoment } from "../format";
import { CALLS, type Model } from "../model";
import { useGo, usePage } from "../page";
import { Heading } from "../parts";
import { verdictOf } from "../why";
import { T, useLanguage } from "../words";
import { CallAction } from "./CallButton";
import { EntryWords } from "./EntryWords";
import { AskFirst } from "./Question";
import { Task } from "./Task";
import { Why } from "./Why";

interface PastProps {
  readonly model: Model;
  readonly view: ClientView;
  readonly entry: LogEntry;
}

export function Past({ model, view, entry }: PastProps): VNode {
  const { send } = usePage();
  const go = useGo();
  const language = useLanguage();
  const { id, name, reason, durationS } = entry;
  const contact = view.contacts.find((each) => each.id === entry.contact);
  useEffect(() => {
    send({ kind: "explain", id });
  }, [id, send]);
  return (
    <Task
      onBack={() => {
        go(CALLS);
      }}
    >
      <Heading k="log.with" values={{ name }} />
      <p class="hint">
        <EntryWords entry={entry} when={formatMoment(language, entry.at)} />
      </p>
      {reason !== null && (
        <p class="reason">
          <T k={endingOf(reason, durationS)} values={{ name }} />
        </p>
      )}
      {contact !== undefined && (
        <div class="actions">
          <CallAction contact={contact} />
        </div>
      )}
      {model.trace?.id === id && <Explained entry={entry} trace={model.trace.trace} />}
      <AskFirst
        does="log.forget"
        question="log.ask"
        onYes={() => {
          send({ kind: "forgetCall", id });
        }}
      />
    </Task>
  );
}

function Explained({ entry, trace }: {
  readonly entry: LogEntry;
  readonly trace: Trace;
}): VNode | null {
  const { name, direction, reason, durationS } = entry;
  const verdict = reason === null ? null : verdictOf(reason, trace);
  if (reason === null || verdict === null) return null;
  return (
    <Why
      name={name}
      direction={direction}
      reason={reason}
      durationS={durationS}
      trace={trace}
      verdict={verdict}
    />
  );
}
