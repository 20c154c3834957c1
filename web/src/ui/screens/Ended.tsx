/** The call is over: why, what to do now, what was seen. */

import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { CallView } from "../../worker/messages";
import { endingOf, isNormalEnd, needsInvitation } from "../ended";
import { formatDuration } from "../format";
import { PEOPLE } from "../model";
import { useEscape, useGo, usePage } from "../page";
import { Button, Heading } from "../parts";
import { DIRECTION_KEYS } from "../people";
import { RingView } from "../RingView";
import { verdictOf } from "../why";
import { say, T, useLanguage } from "../words";
import { InviteButton } from "./InviteButton";
import { Why } from "./Why";

const CLOSES_AFTER_MS = 20_000;
const SMALL_RING_TICKS = 12;

type Over = Extract<CallView, { kind: "ended" }>;

export function Ended({ call }: { readonly call: Over }): VNode {
  const { send, wish, ring } = usePage();
  const go = useGo();
  const { contact, reason, durationS, direction, trace } = call;
  const verdict = verdictOf(reason, trace);
  const leave = (): void => {
    send({ kind: "dismissEnded" });
    go(PEOPLE);
  };
  useEscape(leave);
  useClosing(isNormalEnd(reason) && verdict === null, leave);
  return (
    <main class="ended">
      <header>
        <div>
          <Meta call={call} />
          <Heading k="ended.title" />
          <p class="reason">
            <T k={endingOf(reason, durationS)} values={{ name: contact.name }} />
          </p>
        </div>
        <RingView ring={ring.value} line={{ kind: "none" }} ticks={SMALL_RING_TICKS} />
      </header>
      <div class="actions">
        {needsInvitation(reason) ? (
          <InviteButton
            leave={() => {
              send({ kind: "dismissEnded" });
            }}
          />
        ) : contact.standing === "confirmed" ? (
          <Button
            icon="phone"
            look="primary"
            onPress={() => {
              send({ kind: "dismissEnded" });
              wish({ kind: "call", contact: contact.id });
            }}
          >
            <T k="ended.again" />
          </Button>
        ) : null}
        <Button icon="users" onPress={leave}>
          <T k="people.title" />
        </Button>
      </div>
      {verdict !== null && (
        <Why
          name={contact.name}
          direction={direction}
          reason={reason}
          durationS={durationS}
          trace={trace}
          verdict={verdict}
        />
      )}
    </main>
  );
}

function Meta({ call }: { readonly call: Over }): VNode {
  const language = useLanguage();
  return (
    <p class="hint">
      <T
        k="ended.meta"
        values={{
          name: call.contact.name,
          direction: say(language, DIRECTION_KEYS[call.direction]),
          length: formatDuration(language, call.durationS),
        }}
      />
    </p>
  );
}

/** A normal end closes by itself, unless the person touches the page. */
function useClosing(closes: boolean, leave: () => void): void {
  useEffect(() => {
    if (!closes) return;
    const timer = setTimeout(leave, CLOSES_AFTER_MS);
    const stay = (): void => {
      clearTimeout(timer);
    };
    addEventListener("pointerdown", stay);
    addEventListener("keydown", stay);
    return () => {
      stay();
      removeEventListener("pointerdown", stay);
      removeEventListener("keydown", stay);
    };
    // Once for this end: a new `leave` at each drawing must not start it again.
  }, [closes]);
}
