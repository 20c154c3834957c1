/** Decide when hold-to-talk lets the voice through: hold it, or tap to latch; losing focus mutes. */

const TAP_MS = 300;

export type Hold =
  | { readonly kind: "idle" }
  | { readonly kind: "held"; readonly since: number; readonly wasLatched: boolean }
  | { readonly kind: "latched" };

export type HoldEvent = "press" | "release" | "leave";

export const IDLE: Hold = { kind: "idle" };

/** Take one event at `now` (milliseconds); talking is whatever is not idle. */
export function nextHold(hold: Hold, event: HoldEvent, now: number): Hold {
  switch (event) {
    case "press":
      return hold.kind === "held"
        ? hold
        : { kind: "held", since: now, wasLatched: hold.kind === "latched" };
    case "release":
      if (hold.kind !== "held") return hold;
      return now - hold.since < TAP_MS && !hold.wasLatched ? { kind: "latched" } : IDLE;
    case "leave":
      return IDLE;
  }
}
