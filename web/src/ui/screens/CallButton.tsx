/** The ways to call one person, the same on every list and page. */

import type { VNode } from "preact";
import type { ContactView } from "../../worker/messages";
import { Icon } from "../icons";
import { usePage } from "../page";
import { Button, Notice } from "../parts";
import { T } from "../words";
import { InviteButton } from "./InviteButton";

/** The round button beside a name. */
export function CallButton({ contact }: { readonly contact: ContactView }): VNode {
  const { wish } = usePage();
  return (
    <button
      type="button"
      class="round"
      onClick={() => {
        wish({ kind: "call", contact: contact.id });
      }}
    >
      <Icon name="phone" />
      <span class="unseen">
        <T k="people.call" values={{ name: contact.name }} />
      </span>
    </button>
  );
}

/** The one primary action on a person's page, or why there is none. */
export function CallAction({ contact }: { readonly contact: ContactView }): VNode {
  const { wish } = usePage();
  switch (contact.standing) {
    case "confirmed":
      return (
        <Button
          icon="phone"
          look="primary"
          onPress={() => {
            wish({ kind: "call", contact: contact.id });
          }}
        >
          <T k="people.call" values={{ name: contact.name }} />
        </Button>
      );
    case "waiting":
      return (
        <p class="hint">
          <T k="person.waiting" values={{ name: contact.name }} />
        </p>
      );
    case "out_of_step":
      return (
        <>
          <Notice icon="triangle-alert" tone="danger">
            <p>
              <T k="contact.renew" />
            </p>
          </Notice>
          <InviteButton />
        </>
      );
  }
}
