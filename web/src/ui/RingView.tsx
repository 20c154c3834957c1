/** Draw the ring of two voices (`ring.ts` reckons it); hidden from assistive technology. */

import type { ComponentChildren, VNode } from "preact";
import type { QualityWord } from "./quality";
import {
  arcPath,
  CENTRE,
  LINE_RADIUS,
  placeTick,
  type Ring,
  SIZE,
  type Tick,
  TICKS,
} from "./ring";
import { DIRECTIONS, useLanguage } from "./words";

const LOST_RADIUS = 3;
const ARCS = [0, 1, 2, 3];

/** The inner line: none, how many of four arcs are done, or the quality as shape. */
export type InnerLine =
  | { readonly kind: "none" }
  | { readonly kind: "arcs"; readonly done: number }
  | { readonly kind: "quality"; readonly word: QualityWord };

interface RingProps {
  readonly ring: Ring;
  readonly line: InnerLine;
  /** Ticks drawn of each half; the small ring of the end has fewer. */
  readonly ticks?: number;
  readonly pulses?: boolean;
  readonly children?: ComponentChildren;
}

export function RingView({ ring, line, ticks = TICKS, pulses = false, children }: RingProps): VNode {
  const isMirrored = DIRECTIONS[useLanguage()] === "rtl";
  return (
    <div class={pulses ? "ring pulses" : "ring"}>
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} aria-hidden="true">
        <g transform={isMirrored ? `translate(${SIZE} 0) scale(-1 1)` : undefined}>
          <InnerLineView line={line} />
          <Half side="start" ticks={ring.yours.slice(0, ticks)} />
          <Half side="end" ticks={ring.theirs.slice(0, ticks)} />
        </g>
      </svg>
      <div class="inside">{children}</div>
    </div>
  );
}

function Half({ side, ticks }: {
  readonly side: "start" | "end";
  readonly ticks: readonly Tick[];
}): VNode {
  return (
    <g class={side === "start" ? "yours" : "theirs"}>
      {ticks.map((tick, index) => {
        const { x1, y1, x2, y2, opacity } = placeTick(side, index, ticks.length, tick);
        return tick.kind === "lost" ? (
          <circle key={index} class="lost" cx={x1} cy={y1} r={LOST_RADIUS} />
        ) : (
          <line key={index} x1={x1} y1={y1} x2={x2} y2={y2} opacity={opacity} />
        );
      })}
    </g>
  );
}

function InnerLineView({ line }: { readonly line: InnerLine }): VNode | null {
  switch (line.kind) {
    case "none":
      return null;
    case "arcs":
      return (
        <g class="arcs">
          {ARCS.map((arc) => (
            <path key={arc} class={arc < line.done ? "done" : undefined} d={arcPath(arc)} />
          ))}
        </g>
      );
    case "quality":
      return (
        <circle class={`quality ${line.word}`} cx={CENTRE} cy={CENTRE} r={LINE_RADIUS} pathLength={360} />
      );
  }
}
