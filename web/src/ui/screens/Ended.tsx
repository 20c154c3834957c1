/** The call is over: why, what to do now, what was seen. */

import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { CallView, EndReason } from "../../worker/messages";
import { endingOf, isNormalEnd } from "../ended";
import { formatDuration, formatNumber, formatTime } from "../format";
import { type Model, PEOPLE, type StepTime } from "../model";
import { useEscape, useGo, usePage } from "../page";
import { Button, Heading } from "../parts";
import { DIRECTION_KEYS } from "../people";
import { RingView } from "../RingView";
import { type Key, say, T, useLanguage, type Values } from "../words";
import { StepView } from "./SettingUp";

const CLOSES_AFTER_MS = 20_000;
const SMALL_RING_TICKS = 12;

type Over = Extract<CallView, { kind: "ended" }>;

export function Ended({ model, call }: { readonly model: Model; readonly call: Over }): VNode {
  const { send, wish, ring } = usePage();
  const go = useGo();
  const { contact, reason, durationS } = call;
  const { why, next } = endingOf(reason, durationS);
  const values = { name: contact.name };
  const leave = (): void => {
    send({ kind: "dismissEnded" });
    go(PEOPLE);
  };
  useEscape(leave);
  useClosing(reason, leave);
  return (
    <main class="ended">
      <header>
        <div>
          <Meta model={model} call={call} />
          <Heading k="ended.title" />
          <p class="reason">
            <T k={why} values={values} />
          </p>
        </div>
        <RingView ring={ring.value} line={{ kind: "none" }} ticks={SMALL_RING_TICKS} />
      </header>
      <div class="actions">
        {contact.standing === "confirmed" && (
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
        )}
        <Button icon="users" onPress={leave}>
          <T k="people.title" />
        </Button>
      </div>
      {next.length > 0 && (
        <div class="cards">
          <Next steps={next} values={values} />
          {model.steps.length > 0 && <Seen steps={model.steps} hasFailed={durationS === 0} />}
        </div>
      )}
    </main>
  );
}

function Meta({ model, call }: { readonly model: Model; readonly call: Over }): VNode {
  const language = useLanguage();
  const { name } = call.contact;
  return (
    <p class="hint">
      {model.direction === null ? (
        <bdi>{name}</bdi>
      ) : (
        <T
          k="ended.meta"
          values={{
            name,
            direction: say(language, DIRECTION_KEYS[model.direction]),
            length: formatDuration(language, call.durationS),
          }}
        />
      )}
    </p>
  );
}

function Next({ steps, values }: { readonly steps: readonly Key[]; readonly values: Values }): VNode {
  const language = useLanguage();
  return (
    <section class="card">
      <h2>
        <T k="why.next" />
      </h2>
      <ol class="next">
        {steps.map((step, at) => (
          <li key={step}>
            <span class="number" aria-hidden="true">
              {formatNumber(language, at + 1)}
            </span>
            <span>
              <T k={step} values={values} />
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Seen({ steps, hasFailed }: {
  readonly steps: readonly StepTime[];
  readonly hasFailed: boolean;
}): VNode {
  const language = useLanguage();
  return (
    <section class="card">
      <h2>
        <T k="why.saw" />
      </h2>
      <ol class="steps seen">
        {steps.map(({ step, at }, index) => (
          <StepView
            key={step}
            step={step}
            state={hasFailed && index === steps.length - 1 ? "failed" : "done"}
          >
            <bdi class="when" dir="ltr">
              {formatTime(language, at, true)}
            </bdi>
          </StepView>
        ))}
      </ol>
    </section>
  );
}

/** A normal end closes by itself, unless the person touches the page. */
function useClosing(reason: EndReason, leave: () => void): void {
  useEffect(() => {
    if (!isNormalEnd(reason)) return;
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
  }, [reason]);
}
