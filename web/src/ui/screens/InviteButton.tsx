/** The button that leads to inviting somebody, the same on every screen. */

import type { VNode } from "preact";
import { useGo } from "../page";
import { Button } from "../parts";
import { T } from "../words";

/** `leave`: what to do first. */
export function InviteButton({ leave }: { readonly leave?: () => void }): VNode {
  const go = useGo();
  return (
    <Button
      icon="user-plus"
      look="primary"
      onPress={() => {
        leave?.();
        go({ kind: "inviting", asked: null });
      }}
    >
      <T k="invite.title" />
    </Button>
  );
}
