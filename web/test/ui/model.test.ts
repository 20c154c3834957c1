/** What the screens show after what the client says; what a screen reader is told. */

import { expect, test } from "vitest";
import { announcementOf, announcements, countdown } from "../../src/ui/announcements";
import { contact, EMPTY_VIEW } from "../../src/ui/gallery/people";
import {
  type Event,
  hasJustMoved,
  isTheirTrouble,
  type Model,
  reconnectSeconds,
  START,
  update,
} from "../../src/ui/model";
import type { CallView, ClientView, EndReason, LogEntry } from "../../src/worker/messages";

const MARYAM = contact("en", 0, { id: "m", verified: false });
const REZA = contact("en", 1, { id: "r", name: "Reza", verified: false });
const VIEW: ClientView = { ...EMPTY_VIEW, contacts: [MARYAM, REZA] };

function over(reason: EndReason, durationS = 0): CallView {
  const trace = { moments: [], failure: null };
  return { kind: "ended", contact: MARYAM, reason, durationS, direction: "out", trace };
}

function talking(change: Partial<Extract<CallView, { kind: "talking" }>> = {}): CallView {
  const sas = [1, 2, 3, 4, 5];
  return { kind: "talking", contact: MARYAM, since: 0, sas, silentMs: null, movedAt: null, muted: false, ...change };
}

function seen(call: CallView | null, change: Partial<ClientView> = {}): Event {
  return { kind: "notice", notice: { kind: "view", view: { ...VIEW, ...change, call } } };
}

function play(...events: readonly Event[]): Model {
  return events.reduce((model, event, second) => update(model, event, second * 1000), START);
}

function told(before: Model, event: Event, now = 0): string[] {
  const after = update(before, event, now);
  return announcements(before, after, "en", now).map(({ tone, key }) => `${tone} ${key}`);
}

test("the steps of a call are kept with their times until the next call", () => {
  // The end screen says what was reached before it broke.
  const calling = (step: "line" | "ring"): CallView => ({ kind: "calling", contact: MARYAM, step });
  const model = play(seen(calling("line")), seen(calling("ring")), seen(calling("ring")), seen(over("no_answer")));
  expect(model.steps).toEqual([
    { step: "line", at: 0 },
    { step: "ring", at: 1000 },
  ]);
  expect(model.direction).toBe("out");
  const next = update(model, seen({ kind: "incoming", contact: REZA }), 9000);
  expect(next.steps).toEqual([]);
  expect(next.direction).toBe("in");
});

test("an end that comes after a moment without a call still knows its call", () => {
  // The client takes the call away before it shows the end: the direction was lost with it.
  const incoming = seen({ kind: "incoming", contact: MARYAM });
  expect(play(incoming, seen(talking()), seen(null), seen(over("hangup", 9))).direction).toBe("in");
});

test("locking leads back to the settings, and one that failed can be tried again", () => {
  // Argon2id takes a second: nobody should press twice, or be left before a dead button.
  const locking: Event = { kind: "go", place: { kind: "passphrase", asked: true } };
  const done: Event = { kind: "notice", notice: { kind: "passphraseSet", isLocked: true } };
  expect(play(seen(null), locking, done).place).toEqual({ kind: "settings" });
  const full: Event = { kind: "notice", notice: { kind: "storeTrouble", trouble: "unwritable" } };
  expect(play(seen(null), locking, full)).toMatchObject({
    place: { kind: "passphrase", asked: false },
    storeTrouble: "unwritable",
  });
});

test("a call of an earlier page has no direction", () => {
  // After a reload this page saw neither ringing nor calling: it must not guess.
  expect(play(seen(over("failed"))).direction).toBeNull();
});

test("the alarm, the open sheet and the silence end with the call", () => {
  // The next caller must ring, and must not be met by the last one's alarm.
  const inCall = play(seen(talking()), { kind: "sheet", sheet: "verify" }, { kind: "alarmed" });
  expect(inCall).toMatchObject({ sheet: "verify", alarmed: true });
  const after = update(inCall, seen(null), 0);
  expect(after).toMatchObject({ sheet: "none", alarmed: false, silenced: false });
});

test("a link that was made opens its own screen, and only there", () => {
  const made: Event = {
    kind: "notice",
    notice: { kind: "invitation", id: "i", link: "https://x", expires: 1 },
  };
  const asking = play(seen(null), { kind: "go", place: { kind: "inviting", asked: "Sara" } });
  // The view may still be from before it was made.
  expect(update(update(asking, made, 0), seen(null), 0).place).toEqual({ kind: "invitation", id: "i" });
  const elsewhere = update(asking, { kind: "go", place: { kind: "people" } }, 0);
  expect(update(elsewhere, made, 0).place).toEqual({ kind: "people" });
  expect(update(elsewhere, made, 0).links.get("i")).toBe("https://x");
});

test("what came of a list is said where it was brought, and the form is free again", () => {
  const asked: Event = { kind: "go", place: { kind: "ways", asked: true, outcome: null } };
  const taken: Event = { kind: "notice", notice: { kind: "listTaken", outcome: "known" } };
  expect(play(seen(null), asked, taken).place).toEqual({ kind: "ways", asked: false, outcome: "known" });
  const elsewhere: Event = { kind: "go", place: { kind: "people" } };
  expect(play(seen(null), asked, elsewhere, taken).place).toEqual({ kind: "people" });
});

test("that the other side moved is news for ten seconds", () => {
  // It explains the gap that was just heard; for the rest of the call it is nothing to read.
  const call = talking({ movedAt: 5000 });
  if (call.kind !== "talking") throw new Error("they talk");
  expect([5000, 14_999, 15_000].map((now) => hasJustMoved(call, now))).toEqual([true, true, false]);
  expect(hasJustMoved({ ...call, movedAt: null }, 5000)).toBe(false);
});

test("who was deleted is no place to stay at", () => {
  const at = play(seen(null), { kind: "go", place: { kind: "person", id: "r" } });
  expect(update(at, seen(null, { contacts: [MARYAM] }), 0).place).toEqual({ kind: "people" });
});

test("an invitation that fails says why where it was opened, or else on the next page", () => {
  const fault: Event = { kind: "notice", notice: { kind: "invitationFault", fault: "used" } };
  const place = { kind: "accepting", link: "l", asked: true, fault: null } as const;
  const accepting = play(seen(null), { kind: "go", place });
  expect(update(accepting, fault, 0).place).toEqual({ ...place, asked: false, fault: "used" });
  const gone = update(accepting, { kind: "go", place: { kind: "people" } }, 0);
  expect(update(gone, fault, 0).failure).toBe("accept.used");
});

test("a form is free again after a failure", () => {
  // Otherwise its button stays dead, and the person reloads the page.
  const asking = play(seen(null), { kind: "go", place: { kind: "inviting", asked: "Sara" } });
  const failed = update(asking, { kind: "notice", notice: { kind: "failed", words: "quota" } }, 0);
  expect(failed).toMatchObject({ place: { kind: "inviting", asked: null }, failure: "fail.quota" });
});

test("a broken call counts down from ninety seconds, beginning after two", () => {
  // Half a second is a hiccup; counting would only frighten.
  const broken = play(seen(talking({ silentMs: 500 })));
  expect(reconnectSeconds(broken, 1000)).toBeNull();
  expect(reconnectSeconds(broken, 1500)).toBe(88);
  expect(reconnectSeconds(broken, 200_000)).toBe(0);
  expect(reconnectSeconds(play(seen(talking())), 5000)).toBeNull();
});

test("a changed key shows the words as soon as there are any, and only once", () => {
  // Whoever was verified and has another key now may be somebody else.
  const contact = { ...MARYAM, changed: true };
  const early = play(seen(talking({ contact, sas: null })));
  expect(early.sheet).toBe("none");
  const shown = update(early, seen(talking({ contact })), 0);
  expect(shown.sheet).toBe("verify");
  const later = update(shown, { kind: "sheet", sheet: "none" }, 0);
  expect(update(later, seen(talking({ contact, muted: true })), 0).sheet).toBe("none");
  expect(play(seen(talking())).sheet).toBe("none");
});

test("it is called their trouble only when our own line lives and had time to answer", () => {
  // Whoever is sent to look for the fault at the wrong end loses the call.
  const broken = play(seen(talking({ silentMs: 500 })));
  expect([4000, 4500].map((now) => isTheirTrouble(broken, now))).toEqual([false, true]);
  const cut = play(seen(talking({ silentMs: 500 }), { line: { kind: "connecting" } }));
  expect(isTheirTrouble(cut, 60_000)).toBe(false);
  expect(isTheirTrouble(update(broken, { kind: "online", online: false }, 0), 60_000)).toBe(false);
});

test("a past call stays open until it is forgotten", () => {
  const entry: LogEntry = {
    id: "7",
    contact: "m",
    name: "Maryam",
    direction: "out",
    at: 0,
    durationS: 0,
    seen: true,
    reason: "lost",
  };
  const trace = { moments: [], failure: null };
  const told: Event = { kind: "notice", notice: { kind: "trace", id: "7", trace } };
  const open = play(seen(null, { log: [entry] }), { kind: "go", place: { kind: "past", id: "7" } }, told);
  expect(open).toMatchObject({ place: { kind: "past", id: "7" }, trace: { id: "7", trace } });
  expect(update(open, seen(null, { log: [] }), 0).place).toEqual({ kind: "calls" });
});

test("a caller, an end and a break are told at once, the rest politely", () => {
  const ready = play(seen(null));
  expect(told(ready, seen({ kind: "incoming", contact: MARYAM }))).toEqual(["alert incoming.title"]);
  const calling: CallView = { kind: "calling", contact: MARYAM, step: "ring" };
  expect(told(ready, seen(calling))).toEqual(["status calling.ringing"]);
  const inCall = play(seen(talking()));
  expect(told(inCall, seen(talking({ silentMs: 3000 })), 3000)).toEqual(["alert reconnect.title"]);
  const broken = update(inCall, seen(talking({ silentMs: 3000 })), 3000);
  expect(told(broken, seen(talking()), 4000)).toEqual(["status reconnect.back"]);
  const verified = { ...MARYAM, verified: true };
  expect(told(inCall, seen(talking({ contact: verified })))).toEqual(["status verify.done"]);
  expect(told(inCall, seen(talking({ contact: verified, movedAt: 1 }))), "of two, both").toEqual([
    "status call.moved",
    "status verify.done",
  ]);
  expect(told(inCall, seen(over("declined")))).toEqual(["alert ended.declined"]);
});

test("nothing is said twice", () => {
  // The view comes whole at each change: repeating it would talk over the call.
  const incoming = seen({ kind: "incoming", contact: MARYAM });
  expect(told(play(incoming), incoming)).toEqual([]);
  expect(told(play(seen(null)), seen(null))).toEqual([]);
});

test("the line and missed calls are told while no call goes on", () => {
  const missed: LogEntry = {
    id: "1",
    contact: "r",
    name: "Reza",
    direction: "missed",
    at: 0,
    durationS: 0,
    seen: false,
    reason: null,
  };
  const ready = play(seen(null));
  expect(told(ready, seen(null, { line: { kind: "down", failure: "eof_error" } }))).toEqual([
    "status people.away",
  ]);
  expect(told(ready, seen(null, { log: [missed] }))).toEqual(["status people.missedfrom"]);
});

test("an accepted invitation is told to the one who sent it", () => {
  const notice = { kind: "accepted", contact: MARYAM } as const;
  expect(announcementOf(notice, play(seen(null)))?.key).toBe("invite.accepted");
});

test("the last half minute is told twice", () => {
  expect([31, 30, 29, 10, 9].map((left) => countdown(left)?.tone)).toEqual([
    undefined,
    "alert",
    undefined,
    "alert",
    undefined,
  ]);
});
