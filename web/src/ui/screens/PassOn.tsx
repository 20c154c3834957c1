/** Pass a text on to somebody: by what the device shares with, by hand, or off the screen. */

import type { ComponentChildren, VNode } from "preact";
import { Button } from "../parts";
import { QR_TEXT_MOST, QrCode } from "../QrCode";
import { type Key, T } from "../words";
import { CopyButton } from "./CopyButton";

interface PassOnProps {
  /** What the share sheet gets: a link or a text. */
  readonly data: ShareData;
  /** The same, to be copied. */
  readonly text: string;
  readonly share: Key;
  readonly copy: Key;
  readonly copied: Key;
  /** Further ways. */
  readonly children?: ComponentChildren;
}

export function PassOnButtons({ data, text, share, copy, copied, children }: PassOnProps): VNode {
  const canShare = "share" in navigator;
  return (
    <div class="actions">
      {canShare && (
        <Button
          icon="share-2"
          look="primary"
          onPress={() => {
            // Closing the share sheet is an answer too.
            navigator.share(data).catch(() => undefined);
          }}
        >
          <T k={share} />
        </Button>
      )}
      <CopyButton text={text} label={copy} done={copied} look={canShare ? "plain" : "primary"} />
      {children}
    </div>
  );
}

/** A text as a code to be scanned, where it fits into one. */
export function ScanFigure({ text }: { readonly text: string }): VNode | null {
  if (text.length > QR_TEXT_MOST) return null;
  return (
    <figure class="qr">
      <QrCode text={text} />
      <figcaption>
        <T k="invite.scan" />
      </figcaption>
    </figure>
  );
}
