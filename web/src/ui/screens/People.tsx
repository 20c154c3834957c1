/** Everybody whom one can call; beside it, on a wide page, one person. */

import type { VNode } from "preact";
import type { ClientView, ContactView, InvitationView, LineState } from "../../worker/messages";
import { formatList, formatWhen } from "../format";
import { Icon, type IconName } from "../icons";
import { CALLS, type Model } from "../model";
import { useGo, usePage } from "../page";
import { Button, Heading, Mark, Notice, Seal, trustIn } from "../parts";
import { callsOf, DIRECTION_ICONS, DIRECTION_KEYS, missedNames } from "../people";
import { failureWords } from "../why";
import { type Key, say, T, useLanguage } from "../words";
import { Brand } from "./FirstRun";
import { CallButton } from "./CallButton";
import { AloneLink } from "./Foot";
import { InviteButton } from "./InviteButton";
import { Person } from "./Person";
import { walkRows } from "./rows";
import { Warnings } from "./Warnings";

interface PeopleProps {
  readonly model: Model;
  readonly view: ClientView;
  readonly chosen: ContactView | null;
}

export function People({ model, view, chosen }: PeopleProps): VNode {
  return (
    <div class={chosen === null ? "split" : "split has-chosen"}>
      <header class="top">
        <Brand />
        <LineStateView line={view.line} online={model.online} />
      </header>
      <PeopleList model={model} view={view} chosen={chosen} />
      {chosen === null ? (
        <div class="detail empty" aria-hidden="true">
          <Mark />
        </div>
      ) : (
        <Person key={chosen.id} contact={chosen} view={view} online={model.online} />
      )}
    </div>
  );
}

function PeopleList({ model, view, chosen }: PeopleProps): VNode {
  const go = useGo();
  const language = useLanguage();
  const List = chosen === null ? "main" : "nav";
  const isEmpty = view.contacts.length + view.invitations.length === 0;
  return (
    <List class="list" aria-label={chosen === null ? undefined : say(language, "people.title")}>
      {chosen === null ? (
        <Heading k="people.title" />
      ) : (
        <h2 class="title">
          <T k="people.title" />
        </h2>
      )}
      <Warnings model={model} />
      <LineTrouble line={view.line} online={model.online} />
      <Missed view={view} />
      {isEmpty ? (
        <p class="card empty">
          <T k="people.empty" />
        </p>
      ) : (
        <ul class="rows card" onKeyDown={walkRows}>
          {view.contacts.map((contact) => (
            <ContactRow
              key={contact.id}
              contact={contact}
              view={view}
              isChosen={contact.id === chosen?.id}
            />
          ))}
          {view.invitations.map((invitation) => (
            <InvitationRow key={invitation.id} invitation={invitation} />
          ))}
        </ul>
      )}
      <div class="actions">
        <InviteButton />
        <Button
          onPress={() => {
            go({ kind: "havingLink", other: null });
          }}
        >
          <T k="first.have" />
        </Button>
      </div>
      <div class="quiets">
        <AloneLink />
      </div>
    </List>
  );
}

function LineStateView({ line, online }: {
  readonly line: LineState;
  readonly online: boolean;
}): VNode {
  const isReady = line.kind === "ready" && online;
  return (
    <span class={isReady ? "line ready" : "line away"}>
      <span class="dot" aria-hidden="true" />
      <T k={lineKey(line, online)} />
    </span>
  );
}

function lineKey(line: LineState, online: boolean): Key {
  if (!online) return "people.away";
  switch (line.kind) {
    case "ready":
      return "people.ready";
    case "connecting":
      return "step.line";
    case "none":
    case "down":
      return "people.away";
  }
}

/** Why calls cannot reach this page now, where that is known. */
function LineTrouble({ line, online }: {
  readonly line: LineState;
  readonly online: boolean;
}): VNode | null {
  if (!online || line.kind !== "down" || line.failure === "unknown_failure") return null;
  const { why, next } = failureWords(line.failure);
  return (
    <Notice icon="info" tone="plain">
      <div class="stack">
        <p>
          <T k={why} />
        </p>
        <p>
          <T k={next} />
        </p>
      </div>
    </Notice>
  );
}

function Missed({ view }: { readonly view: ClientView }): VNode | null {
  const go = useGo();
  const language = useLanguage();
  const { count, names } = missedNames(view.log);
  if (count === 0) return null;
  return (
    <Notice icon="phone-missed" tone="warn">
      <p class="strong">
        <T k="people.missedfrom" values={{ n: count, names: formatList(language, names) }} />
      </p>
      <Button
        look="quiet"
        onPress={() => {
          go(CALLS);
        }}
      >
        <T k="people.see" />
      </Button>
    </Notice>
  );
}

function ContactRow({ contact, view, isChosen }: {
  readonly contact: ContactView;
  readonly view: ClientView;
  readonly isChosen: boolean;
}): VNode {
  const go = useGo();
  return (
    <li class={isChosen ? "row chosen" : "row"}>
      <button
        type="button"
        class="open"
        aria-current={isChosen ? "page" : undefined}
        onClick={() => {
          go({ kind: "person", id: contact.id });
        }}
      >
        <Seal name={contact.name} verified={contact.verified} />
        <span class="who">
          <bdi class="strong">{contact.name}</bdi>
          <RowState contact={contact} view={view} />
        </span>
      </button>
      {contact.standing === "confirmed" && <CallButton contact={contact} />}
    </li>
  );
}

function RowState({ contact, view }: {
  readonly contact: ContactView;
  readonly view: ClientView;
}): VNode {
  const language = useLanguage();
  const now = usePage().now.value;
  const newest = callsOf(view.log, contact.id)[0];
  if (contact.standing === "out_of_step") {
    return <State icon="triangle-alert" tone="lost" k="contact.renew" />;
  }
  if (contact.standing === "waiting") {
    return (
      <span class="state">
        <span>
          <T k="invite.waiting" values={{ name: contact.name }} />
        </span>
      </span>
    );
  }
  const isMissed = newest?.direction === "missed";
  if (newest === undefined || contact.suspected || (!isMissed && !contact.verified)) {
    return <State {...trustIn(contact)} />;
  }
  return (
    <span class={newest.direction === "missed" ? "state lost" : "state"}>
      <Icon name={DIRECTION_ICONS[newest.direction]} />
      <span>
        <T
          k="people.entry"
          values={{
            what: say(language, DIRECTION_KEYS[newest.direction]),
            when: formatWhen(language, newest.at, now),
          }}
        />
      </span>
    </span>
  );
}

function State({ icon, tone, k }: {
  readonly icon: IconName;
  readonly tone: "lost" | "weak" | "good";
  readonly k: Key;
}): VNode {
  return (
    <span class={`state ${tone}`}>
      <Icon name={icon} />
      <span>
        <T k={k} />
      </span>
    </span>
  );
}

function InvitationRow({ invitation }: { readonly invitation: InvitationView }): VNode {
  const go = useGo();
  return (
    <li class="row">
      <button
        type="button"
        class="open"
        onClick={() => {
          go({ kind: "invitation", id: invitation.id });
        }}
      >
        <Seal name={invitation.name} verified={false} />
        <span class="who">
          <bdi class="strong">{invitation.name}</bdi>
          <span class="state">
            <span>
              <T k="invite.waiting" values={{ name: invitation.name }} />
            </span>
          </span>
        </span>
      </button>
    </li>
  );
}
