/** Ask before what cannot be undone. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../parts";
import { type Key, T } from "../words";

/** Offer something that cannot be undone: a press asks, and only the answer does it. */
export function AskFirst({ does, question, onYes }: {
  readonly does: Key;
  readonly question: Key;
  readonly onYes: () => void;
}): VNode {
  const [isAsking, ask] = useState(false);
  return isAsking ? (
    <Question
      onNo={() => {
        ask(false);
      }}
      onYes={onYes}
      yes={<T k={does} />}
    >
      <T k={question} />
    </Question>
  ) : (
    <Button
      icon="trash-2"
      look="quiet"
      onPress={() => {
        ask(true);
      }}
    >
      <T k={does} />
    </Button>
  );
}

/** The question itself; nothing is focused but the way back. */
export function Question({ children, yes, onYes, onNo }: {
  readonly children: VNode;
  readonly yes: VNode;
  readonly onYes: () => void;
  readonly onNo: () => void;
}): VNode {
  return (
    <div class="notice danger question" role="group">
      <div class="words">
        <p>{children}</p>
        <div class="pair">
          <Button onPress={onNo}>
            <T k="calling.cancel" />
          </Button>
          <Button look="danger" onPress={onYes}>
            {yes}
          </Button>
        </div>
      </div>
    </div>
  );
}
