/** One past call: how it ended, why, and the way to call again. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ClientView, LogEntry, Trace } from "../../worker/messages";
import { endingOf } from "../ended";
import { formatLength, formatMoment } from "../format";
import { CALLS, type Model } from "../model";
import { useGo, usePage } from "../page";
import { Button, Heading } from "../parts";
import { DIRECTION_KEYS } from "../people";
import { verdictOf } from "../why";
import { say, T, useLanguage } from "../words";
import { CallAction } from "./CallButton";
import { Question } from "./Foot";
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
        <When entry={entry} />
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
      <ForgetCall id={id} />
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

function When({ entry }: { readonly entry: LogEntry }): VNode {
  const language = useLanguage();
  const what = say(language, DIRECTION_KEYS[entry.direction]);
  const when = formatMoment(language, entry.at);
  return entry.durationS > 0 ? (
    <T k="log.entry" values={{ what, when, length: formatLength(language, entry.durationS) }} />
  ) : (
    <T k="people.entry" values={{ what, when }} />
  );
}

function ForgetCall({ id }: { readonly id: string }): VNode {
  const { send } = usePage();
  const [isAsking, ask] = useState(false);
  return isAsking ? (
    <Question
      onNo={() => {
        ask(false);
      }}
      onYes={() => {
        send({ kind: "forgetCall", id });
      }}
      yes={<T k="log.forget" />}
    >
      <T k="log.ask" />
    </Question>
  ) : (
    <Button
      icon="trash-2"
      look="quiet"
      onPress={() => {
        ask(true);
      }}
    >
      <T k="log.forget" />
    </Button>
  );
}
