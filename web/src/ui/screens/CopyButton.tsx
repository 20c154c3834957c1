/** A button that copies a text: a link to send, a report of a call. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { usePage } from "../page";
import { Button } from "../parts";
import { type Key, T } from "../words";

interface CopyProps {
  readonly text: string;
  readonly label: Key;
  readonly done: Key;
  readonly look: "primary" | "plain" | "quiet";
}

/** Copy a text, and say so. */
export function CopyButton({ text, label, done, look }: CopyProps): VNode {
  const { announce } = usePage();
  const [isCopied, setCopied] = useState(false);
  return (
    <Button
      icon={isCopied ? "circle-check" : "copy"}
      look={look}
      onPress={() => {
        navigator.clipboard.writeText(text).then(
          () => {
            setCopied(true);
            announce({ tone: "status", key: done });
          },
          // Without the permission a text on the screen can still be marked and copied by hand.
          () => undefined,
        );
      }}
    >
      <T k={isCopied ? done : label} />
    </Button>
  );
}
