/** A call on its way, one's own or one just answered: the steps are ticked off one by one. */

import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { ContactView, Step } from "../../worker/messages";
import { STEP_KEYS } from "../announcements";
import { Icon, type IconName } from "../icons";
import type { Model } from "../model";
import { useEscape, usePage } from "../page";
import { Button, NameHeading, Verified } from "../parts";
import { STILL_RING } from "../ring";
import { RingView } from "../RingView";
import { T } from "../words";

const SLOW_AFTER_MS = 8000;
const OWN_STEPS: readonly Step[] = ["line", "ring", "lock", "sound"];
/** Whoever answers does not wait for a ringing. */
const ANSWERED_STEPS: readonly Step[] = ["line", "lock", "sound"];

interface SettingUpProps {
  readonly model: Model;
  readonly contact: ContactView;
  readonly step: Step;
}

export function SettingUp({ model, contact, step }: SettingUpProps): VNode {
  const { send, now } = usePage();
  const steps = model.direction === "in" ? ANSWERED_STEPS : OWN_STEPS;
  const since = model.steps.at(-1)?.at;
  // A telephone may ring for long: that is not slow.
  const isSlow = step !== "ring" && since !== undefined && now.value - since > SLOW_AFTER_MS;
  return (
    <main class="stage setting-up">
      <div class="chips">
        <span class="chip">
          <Verified contact={contact} />
        </span>
      </div>
      <div class="room">
        <RingView ring={STILL_RING} line={{ kind: "arcs", done: OWN_STEPS.indexOf(step) }}>
          <NameHeading name={contact.name} />
        </RingView>
      </div>
      <ol class="steps">
        {steps.map((each) => (
          <StepView key={each} step={each} state={stateOf(steps, each, step)} />
        ))}
      </ol>
      <p class="hint under">{isSlow && <T k="step.slow" />}</p>
      <Cancel
        onPress={() => {
          send({ kind: "hangUp" });
        }}
      />
    </main>
  );
}

/** Esc goes to Cancel, and only Enter or Space on it cancels. */
function Cancel({ onPress }: { readonly onPress: () => void }): VNode {
  const actions = useRef<HTMLDivElement>(null);
  useEscape(() => {
    actions.current?.querySelector("button")?.focus();
  });
  return (
    <div class="actions" ref={actions}>
      <Button icon="phone-off" look="danger" onPress={onPress}>
        <T k="calling.cancel" />
      </Button>
    </div>
  );
}

type StepState = "done" | "current" | "ahead";

const STEP_ICONS: Readonly<Record<StepState, IconName>> = {
  done: "circle-check",
  current: "loader",
  ahead: "circle",
};

function stateOf(steps: readonly Step[], each: Step, current: Step): StepState {
  const [at, now] = [steps.indexOf(each), steps.indexOf(current)];
  return at < now ? "done" : at === now ? "current" : "ahead";
}

function StepView({ step, state }: {
  readonly step: Step;
  readonly state: StepState;
}): VNode {
  return (
    <li class={state} aria-current={state === "current" ? "step" : undefined}>
      <Icon name={STEP_ICONS[state]} />
      <span>
        <T k={STEP_KEYS[step]} />
      </span>
      {state === "done" && (
        <span class="unseen">
          <T k="step.done" />
        </span>
      )}
    </li>
  );
}
