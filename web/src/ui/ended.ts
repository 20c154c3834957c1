/** Say why a call ended, and what to do next. */

import type { EndReason } from "../worker/messages";
import type { Key } from "./words";

interface Ending {
  readonly why: Key;
  readonly next: readonly Key[];
}

/** Give the sentence and the next steps of an ending; a call that never spoke is "cut". */
export function endingOf(reason: EndReason, durationS: number): Ending {
  switch (reason) {
    case "hangup":
      return { why: "ended.you", next: [] };
    case "remote_hangup":
      return { why: "ended.them", next: [] };
    case "cancelled":
      return { why: "ended.cancelled", next: [] };
    case "declined":
      return { why: "ended.declined", next: [] };
    case "busy":
      return { why: "ended.busy", next: ["next.wait"] };
    case "away":
      return { why: "calling.away", next: ["next.tell", "next.wait"] };
    case "no_answer":
      return { why: "ended.noanswer", next: ["next.tell"] };
    case "full":
      return { why: "ended.full", next: ["next.tell"] };
    case "lost":
      return { why: durationS > 0 ? "ended.lost" : "ended.cut", next: ["why.switch", "next.wait"] };
    case "unreachable":
      return { why: "ended.unreachable", next: ["next.online", "why.switch"] };
    case "alarm":
      return { why: "verify.bad", next: ["next.invite"] };
    case "altered":
      return { why: "ended.altered", next: ["next.invite"] };
    case "out_of_step":
      return { why: "contact.renew", next: ["next.invite"] };
    case "answered_elsewhere":
      return { why: "ended.elsewhere", next: [] };
    case "failed":
      return { why: "ended.failed", next: ["next.reload", "next.wait"] };
  }
}

/** Tell whether people meant it to end so: such a screen closes by itself. */
export function isNormalEnd(reason: EndReason): boolean {
  return reason === "hangup" || reason === "remote_hangup" || reason === "cancelled";
}
