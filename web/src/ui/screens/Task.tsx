/** The frame of a small task: a way back, the heading, the content. */

import type { ComponentChildren, VNode } from "preact";
import { PEOPLE } from "../model";
import { useEscape, useGo } from "../page";
import { Button } from "../parts";
import { T } from "../words";

export function Task({ children, onBack }: {
  readonly children: ComponentChildren;
  readonly onBack?: () => void;
}): VNode {
  const go = useGo();
  const leave =
    onBack ??
    ((): void => {
      go(PEOPLE);
    });
  useEscape(leave);
  return (
    <main class="task">
      <div class="bar">
        <Button icon="chevron-left" look="chip" onPress={leave}>
          <T k="back" />
        </Button>
      </div>
      {children}
    </main>
  );
}
