/** What can stand in the way before a call, each with its next step. */

import type { VNode } from "preact";
import type { MicrophoneFault } from "../../platform/microphone";
import { microphoneKey } from "../failures";
import type { Model, Wish } from "../model";
import { usePage } from "../page";
import { Button, Heading, Mark, Notice } from "../parts";
import { T } from "../words";
import { Foot, LanguageSwitch } from "./Foot";
import { Task } from "./Task";
import { Warnings } from "./Warnings";

export function Starting({ model }: { readonly model: Model }): VNode {
  return (
    <main class="task starting">
      <Mark />
      <Heading k="app.name" />
      <Warnings model={model} />
    </main>
  );
}

export function OtherTab({ inCall }: { readonly inCall: boolean }): VNode {
  const { send } = usePage();
  return (
    <main class="task starting">
      <Mark />
      <Heading k="tab.other" />
      {inCall ? (
        <p>
          <T k="tab.call" />
        </p>
      ) : (
        <div class="actions">
          <Button
            look="primary"
            onPress={() => {
              send({ kind: "takeOver" });
            }}
          >
            <T k="tab.take" />
          </Button>
        </div>
      )}
      <Foot />
    </main>
  );
}

/** On the first visit another home answers than the one that the link names. */
export function WrongHome(): VNode {
  return (
    <main class="task">
      <header class="top">
        <span />
        <LanguageSwitch />
      </header>
      <Heading k="home.title" />
      <Notice icon="shield-x" tone="danger">
        <p role="alert">
          <T k="home.link" />
        </p>
      </Notice>
      <p>
        <T k="home.nothing" />
      </p>
    </main>
  );
}

export function Insecure(): VNode {
  const url = usePage().address.replace(/^http:/, "https:");
  return (
    <main class="task">
      <header class="top">
        <span />
        <LanguageSwitch />
      </header>
      <Heading k="secure.title" />
      <p role="alert">
        <T k="secure.no" values={{ url }} />
      </p>
      <div class="actions">
        <a class="button primary" href={url}>
          <T k="secure.open" />
        </a>
      </div>
    </main>
  );
}

export function MicrophoneTrouble({ fault, wish: wanted }: {
  readonly fault: MicrophoneFault;
  readonly wish: Wish;
}): VNode {
  const { wish, dispatch } = usePage();
  return (
    <Task
      onBack={() => {
        dispatch({ kind: "microphone", state: { kind: "unasked" } });
      }}
    >
      <Heading k="mic.title" />
      <p role="alert">
        <T k={microphoneKey(fault)} />
      </p>
      {fault === "refused" && (
        <p class="hint">
          <T k="mic.reset" />
        </p>
      )}
      <div class="actions">
        <Button
          icon="mic"
          look="primary"
          onPress={() => {
            wish(wanted);
          }}
        >
          <T k="try.again" />
        </Button>
      </div>
    </Task>
  );
}

/** The browser asks for the microphone: say what to choose. */
export function MicrophoneAsk(): VNode {
  return (
    <main class="task starting">
      <Mark />
      <Heading k="mic.ask" />
    </main>
  );
}
