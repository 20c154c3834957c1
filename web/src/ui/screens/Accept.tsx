/** Take an invitation: paste its link, or open it; who runs this page is said before. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { InvitationFault } from "../../worker/messages";
import { judgeLink, type Pasted } from "../address";
import { faultKey } from "../failures";
import { type Model, PEOPLE, WAYS } from "../model";
import { useGo, usePage } from "../page";
import { Button, Field, Heading, Notice } from "../parts";
import { T } from "../words";
import { Origin } from "./FileStart";
import { Task } from "./Task";
import { Warnings } from "./Warnings";

/** A pasted link that this page cannot open. */
type Unopened = Exclude<Pasted, { kind: "ours" | "home" }>;

export function HavingLink({ other }: { readonly other: string | null }): VNode {
  const { address, send } = usePage();
  const go = useGo();
  const [text, setText] = useState("");
  const [judged, setJudged] = useState<Unopened | null>(
    other === null ? null : { kind: "other", link: other, host: new URL(other).host },
  );
  return (
    <Task>
      <Heading k="first.have" />
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const pasted = judgeLink(address, text);
          if (pasted.kind === "home") {
            send({ kind: "useHome", link: pasted.link });
            go(PEOPLE);
          } else if (pasted.kind !== "ours") setJudged(pasted);
          else go({ kind: "accepting", link: pasted.link, asked: false, fault: null });
        }}
      >
        <Field label="accept.paste" kind="link" value={text} onInput={setText} />
        <div role="alert">{judged !== null && <Judgement judged={judged} />}</div>
        <Button look="primary" submits>
          <T k="accept.next" />
        </Button>
      </form>
    </Task>
  );
}

function Judgement({ judged }: { readonly judged: Unopened }): VNode {
  switch (judged.kind) {
    case "altered":
      return (
        <Notice icon="triangle-alert" tone="danger">
          <p>
            <T k="accept.altered" />
          </p>
        </Notice>
      );
    case "other":
      return (
        <Notice icon="external-link" tone="plain">
          <p>
            <T k="accept.other" values={{ host: judged.host }} />
          </p>
          <a class="button quiet" href={judged.link} rel="noreferrer">
            <T k="accept.open" />
          </a>
        </Notice>
      );
  }
}

interface AcceptingProps {
  readonly model: Model;
  readonly link: string;
  readonly asked: boolean;
  readonly fault: InvitationFault | null;
}

export function Accepting({ model, link, asked, fault }: AcceptingProps): VNode {
  const { send, dispatch } = usePage();
  const go = useGo();
  const [name, setName] = useState("");
  const canRetry = fault === null || fault === "unreachable";
  return (
    <Task>
      <Heading k="accept.title" />
      <Warnings model={model} />
      {fault !== null && (
        <Notice icon="triangle-alert" tone="danger">
          <p>
            <T k={faultKey(fault)} />
          </p>
          {fault === "unreachable" && (
            <Button
              look="quiet"
              onPress={() => {
                go(WAYS);
              }}
            >
              <T k="ways.open" />
            </Button>
          )}
        </Notice>
      )}
      {canRetry && (
        <form
          class="form"
          onSubmit={(event) => {
            event.preventDefault();
            const given = name.trim();
            if (given === "" || asked) return;
            dispatch({ kind: "go", place: { kind: "accepting", link, asked: true, fault: null } });
            send({ kind: "accept", link, name: given });
          }}
        >
          <Field label="accept.who" hint="invite.hint" value={name} onInput={setName} />
          <Button look="primary" submits disabled={asked}>
            <T k={asked ? "accept.asking" : "accept.do"} />
          </Button>
        </form>
      )}
      <Notice icon="info" tone="plain">
        <p>
          <Origin k="accept.page" />
        </p>
      </Notice>
    </Task>
  );
}
