/** One person: the seal, the way to call, their calls, another name, deleting. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { ClientView, ContactView, LogEntry } from "../../worker/messages";
import { formatLength, formatWhen } from "../format";
import { Icon } from "../icons";
import { PEOPLE } from "../model";
import { useEscape, useGo, usePage } from "../page";
import { Button, Field, NameHeading, Notice, Seal, Verified } from "../parts";
import { callsOf, DIRECTION_ICONS, DIRECTION_KEYS } from "../people";
import { T, useLanguage } from "../words";
import { CallAction } from "./CallButton";
import { Question } from "./Question";

/** The newest ones; all are in the list of calls. */
const CALLS_SHOWN = 20;

interface PersonProps {
  readonly contact: ContactView;
  readonly view: ClientView;
  readonly online: boolean;
}

export function Person({ contact, view, online }: PersonProps): VNode {
  const go = useGo();
  useEscape(() => {
    go(PEOPLE);
  });
  return (
    <main class="detail person">
      <div class="bar">
        <Button
          icon="chevron-left"
          look="chip"
          onPress={() => {
            go(PEOPLE);
          }}
        >
          <T k="back" />
        </Button>
      </div>
      <Seal name={contact.name} verified={contact.verified} large />
      <NameHeading name={contact.name} />
      <Verified contact={contact} />
      {contact.suspected && (
        <Notice icon="shield-x" tone="danger">
          <p>
            <T k="person.suspected" values={{ name: contact.name }} />
          </p>
        </Notice>
      )}
      {contact.changed && (
        <Notice icon="shield-question-mark" tone="warn">
          <p>
            <T k="verify.changed" values={{ name: contact.name }} />
          </p>
        </Notice>
      )}
      <CallAction contact={contact} />
      {!online && (
        <p class="hint">
          <T k="net.off" />
        </p>
      )}
      <Calls calls={callsOf(view.log, contact.id)} />
      <Change contact={contact} />
    </main>
  );
}

function Calls({ calls }: { readonly calls: readonly LogEntry[] }): VNode {
  const go = useGo();
  return (
    <section class="calls">
      <h2>
        <T k="log.title" />
      </h2>
      {calls.length === 0 ? (
        <p class="hint">
          <T k="log.empty" />
        </p>
      ) : (
        <>
          <ul>
            {calls.slice(0, CALLS_SHOWN).map((entry) => (
              <li key={entry.id}>
                <button
                  type="button"
                  onClick={() => {
                    go({ kind: "past", id: entry.id });
                  }}
                >
                  <Icon name={DIRECTION_ICONS[entry.direction]} />
                  <span>
                    <T k={DIRECTION_KEYS[entry.direction]} />
                  </span>
                  <CallTime entry={entry} />
                </button>
              </li>
            ))}
          </ul>
          <p class="hint">
            <T k="log.local" />
          </p>
        </>
      )}
    </section>
  );
}

function CallTime({ entry }: { readonly entry: LogEntry }): VNode {
  const language = useLanguage();
  const when = formatWhen(language, entry.at, usePage().now.value);
  return (
    <span class="when">
      {entry.durationS > 0 ? (
        <T
          k="person.entry"
          values={{ when, length: formatLength(language, entry.durationS) }}
        />
      ) : (
        when
      )}
    </span>
  );
}

function Change({ contact }: { readonly contact: ContactView }): VNode {
  const { send } = usePage();
  const [doing, change] = useState<"nothing" | "renaming" | "deleting">("nothing");
  const stop = (): void => {
    change("nothing");
  };
  switch (doing) {
    case "nothing":
      return (
        <div class="pair quiets">
          <Button
            icon="pencil"
            look="quiet"
            onPress={() => {
              change("renaming");
            }}
          >
            <T k="person.rename" />
          </Button>
          <Button
            icon="trash-2"
            look="quiet"
            onPress={() => {
              change("deleting");
            }}
          >
            <T k="person.remove" />
          </Button>
        </div>
      );
    case "renaming":
      return <Rename contact={contact} onDone={stop} />;
    case "deleting":
      return (
        <Question
          onNo={stop}
          onYes={() => {
            send({ kind: "delete", contact: contact.id });
          }}
          yes={<T k="person.remove" />}
        >
          <T k="person.delete" values={{ name: contact.name }} />
        </Question>
      );
  }
}

function Rename({ contact, onDone }: {
  readonly contact: ContactView;
  readonly onDone: () => void;
}): VNode {
  const { send } = usePage();
  const [name, setName] = useState(contact.name);
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() === "") return;
        send({ kind: "rename", contact: contact.id, name: name.trim() });
        onDone();
      }}
    >
      <Field label="invite.name" hint="invite.hint" value={name} onInput={setName} />
      <div class="pair">
        <Button onPress={onDone}>
          <T k="calling.cancel" />
        </Button>
        <Button look="primary" submits>
          <T k="person.save" />
        </Button>
      </div>
    </form>
  );
}
