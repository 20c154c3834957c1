/** Say in one sentence why a call ended. */

import type { EndReason } from "../worker/messages";
import type { Key } from "./words";

/** Give the sentence of an ending; a call that never spoke is "cut". */
export function endingOf(reason: EndReason, durationS: number): Key {
  switch (reason) {
    case "hangup":
      return "ended.you";
    case "remote_hangup":
      return "ended.them";
    case "cancelled":
      return "ended.cancelled";
    case "declined":
      return "ended.declined";
    case "busy":
      return "ended.busy";
    case "away":
      return "calling.away";
    case "no_answer":
      return "ended.noanswer";
    case "full":
      return "ended.full";
    case "lost":
      return durationS > 0 ? "ended.lost" : "ended.cut";
    case "unreachable":
      return "ended.unreachable";
    case "alarm":
      return "ended.alarm";
    case "altered":
      return "ended.altered";
    case "out_of_step":
      return "contact.renew";
    case "answered_elsewhere":
      return "ended.elsewhere";
    case "failed":
      return "ended.failed";
  }
}

/** Tell whether calling again would be no help: only a new invitation is. */
export function needsInvitation(reason: EndReason): boolean {
  return reason === "alarm" || reason === "altered" || reason === "out_of_step";
}

/** Tell whether people meant it to end so: such a screen closes by itself. */
export function isNormalEnd(reason: EndReason): boolean {
  return reason === "hangup" || reason === "remote_hangup" || reason === "cancelled";
}
