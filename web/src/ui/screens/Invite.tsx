/** Invite somebody: a name for oneself, then a link to send. */

import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { InvitationView } from "../../worker/messages";
import { formatDate } from "../format";
import { type Model, PEOPLE } from "../model";
import { useGo, usePage } from "../page";
import { Button, Field, Heading, Notice } from "../parts";
import { T, useLanguage } from "../words";
import { PassOnButtons, ScanFigure } from "./PassOn";
import { Task } from "./Task";
import { Warnings } from "./Warnings";

export function Inviting({ model, asked }: {
  readonly model: Model;
  readonly asked: string | null;
}): VNode {
  const { send, dispatch } = usePage();
  const [name, setName] = useState(asked ?? "");
  return (
    <Task>
      <Heading k="invite.title" />
      <Warnings model={model} />
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const given = name.trim();
          if (given === "" || asked !== null) return;
          dispatch({ kind: "go", place: { kind: "inviting", asked: given } });
          send({ kind: "invite", name: given });
        }}
      >
        <Field label="invite.name" hint="invite.hint" value={name} onInput={setName} />
        <Button look="primary" submits disabled={asked !== null}>
          <T k={asked === null ? "invite.make" : "invite.making"} />
        </Button>
      </form>
    </Task>
  );
}

interface InvitationProps {
  readonly id: string;
  readonly invitation: InvitationView | null;
  readonly link: string | null;
}

export function Invitation({ id, invitation, link }: InvitationProps): VNode {
  const { send } = usePage();
  const go = useGo();
  const language = useLanguage();
  useEffect(() => {
    if (link === null) send({ kind: "showInvitation", id });
  }, [id, link, send]);
  return (
    <Task>
      {invitation === null ? (
        <Heading k="invite.title" />
      ) : (
        <Heading k="invite.waiting" values={{ name: invitation.name }} />
      )}
      {link !== null && (
        <>
          {invitation !== null && (
            <p>
              <T
                k="invite.once"
                values={{ date: formatDate(language, invitation.expires) }}
              />
            </p>
          )}
          <LinkToSend link={link} />
          <Notice icon="triangle-alert" tone="warn">
            <p>
              <T k="invite.warn" />
            </p>
          </Notice>
        </>
      )}
      <div class="quiets">
        <Button
          icon="trash-2"
          look="quiet"
          onPress={() => {
            send({ kind: "cancelInvitation", id });
            go(PEOPLE);
          }}
        >
          <T k="invite.cancel" />
        </Button>
      </div>
    </Task>
  );
}

function LinkToSend({ link }: { readonly link: string }): VNode {
  return (
    <>
      <p class="link card">
        <bdi dir="ltr">{link}</bdi>
      </p>
      <PassOnButtons
        data={{ url: link }}
        text={link}
        share="invite.share"
        copy="invite.copy"
        copied="invite.copied"
      />
      <ScanFigure text={link} />
    </>
  );
}
