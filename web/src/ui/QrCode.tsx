/** Draw a link as a QR code, dark on white with its quiet zone under every theme. */

import type { VNode } from "preact";
import { encode } from "uqr";

const QUIET_ZONE = 4;
/** What the largest code holds at this level of repair. */
export const QR_TEXT_MOST = 2331;

export function QrCode({ text }: { readonly text: string }): VNode {
  const { data, size } = encode(text, { ecc: "M", border: QUIET_ZONE });
  const dark = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    <svg class="code" viewBox={`0 0 ${size} ${size}`} shape-rendering="crispEdges" aria-hidden="true">
      <rect width={size} height={size} />
      <path d={dark} />
    </svg>
  );
}
