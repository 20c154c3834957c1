/** Draw what the client knows as the plain values that the screens show. */

import { type Contact, Standing } from "../protocol/contact";
import { type Invitation, bundleId } from "../protocol/invitation";
import { hex } from "../wire/bytes";
import type { Pages } from "./book";
import type { Call } from "./call";
import { failureName } from "./failures";
import type { HomeLine } from "./line";
import type {
  CallView,
  ContactView,
  InvitationView,
  LineState,
  Standing as ShownStanding,
} from "./messages";
import { shownTrace } from "./past";

/** Show one contact. */
export function contactView(contact: Contact): ContactView {
  return {
    id: hex(contact.id),
    name: contact.name,
    standing: shownStanding(contact.standing),
    verified: contact.verified,
    suspected: contact.suspected,
    changed: contact.changed,
  };
}

function shownStanding(standing: Standing): ShownStanding {
  switch (standing) {
    case Standing.WAITING:
      return "waiting";
    case Standing.WELCOMED:
    case Standing.CONFIRMED:
      return "confirmed";
    case Standing.OUT_OF_STEP:
      return "out_of_step";
  }
}

/** Show all contacts, by name. */
export function contactViews(pages: Pages): ContactView[] {
  const shown = [...pages.contacts.values()].map(contactView);
  return shown.sort((a, b) => a.name.localeCompare(b.name));
}

/** Show the invitations that nobody has used yet; those that are too old are left out. */
export function invitationViews(pages: Pages, homeNow: number): InvitationView[] {
  return [...pages.invitations.values()]
    .filter(({ expiry }) => expiry >= homeNow)
    .map((invitation: Invitation) => ({
      id: hex(bundleId(invitation)),
      name: invitation.name,
      expires: invitation.expiry,
    }));
}

/** Show the line. */
export function lineState(line: HomeLine): LineState {
  if (!line.isStarted) return { kind: "none" };
  if (line.isReady) return { kind: "ready" };
  const failure = failureName(line.failure);
  return failure === null ? { kind: "connecting" } : { kind: "down", failure };
}

/** Show a call; null while it does not ring here, and when it ended before it ever did. */
export function callView(call: Call, pages: Pages): CallView | null {
  const { phase } = call;
  const contact = contactView(pages.contact(call.contact.id) ?? call.contact);
  switch (phase.kind) {
    case "asking":
      return null;
    case "calling":
    case "connecting":
      return { kind: phase.kind, contact, step: phase.step };
    case "incoming":
      return { kind: "incoming", contact };
    case "talking": {
      const { sas, silentMs, movedAt, isMuted: muted } = call;
      return { kind: "talking", contact, since: phase.since, sas, silentMs, movedAt, muted };
    }
    case "ended":
      if (!call.wasShown) return null;
      return {
        kind: "ended",
        contact,
        reason: phase.reason,
        durationS: phase.durationS,
        direction: call.direction,
        trace: shownTrace(call.beganUnix, call.story.moments, call.failure),
      };
  }
}
