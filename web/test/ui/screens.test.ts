/** How often the screens are told to draw: a telephone on its battery draws nothing for nothing. */

import { signal } from "@preact/signals";
import { expect, test } from "vitest";

import { type Sent, Screens } from "../../src/ui/screens";
import type { Language } from "../../src/ui/words";
import type { ClientView, ContactView, Notice } from "../../src/worker/messages";

const MARYAM: ContactView = {
  id: "m",
  name: "Maryam",
  standing: "confirmed",
  verified: false,
  suspected: false,
  changed: false,
};
const VIEW: ClientView = {
  line: { kind: "ready" },
  contacts: [MARYAM],
  invitations: [],
  log: [],
  call: { kind: "talking", contact: MARYAM, since: 0, sas: null, silentMs: null, movedAt: null, muted: true },
  clockWrong: false,
  homeTrouble: null,
  isLocked: false,
  hasHome: true,
};
const LEVELS: Notice = { kind: "levels", theirs: 0.1, yours: 0.1, lost: false };

test("ten levels a second draw what is sent again only when it is another", () => {
  let now = 0;
  const screens = new Screens(signal<Language>("en"), () => now, () => false);
  screens.notice({ kind: "view", view: VIEW });
  const drawn: Sent[] = [];
  screens.sent.subscribe((sent) => drawn.push(sent));
  for (; now < 1000; now += 100) screens.notice(LEVELS);
  expect(drawn.map(({ talksMuted }) => talksMuted)).toEqual([false, true]);
});
