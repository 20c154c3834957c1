/** How often the screens are told to draw: a telephone on its battery draws nothing for nothing. */

import { signal } from "@preact/signals";
import { expect, test } from "vitest";

import { contact, EMPTY_VIEW } from "../../src/ui/gallery/people";
import { type Sent, Screens } from "../../src/ui/screens";
import type { Language } from "../../src/ui/words";
import type { ClientView, Notice } from "../../src/worker/messages";

const VIEW: ClientView = {
  ...EMPTY_VIEW,
  call: {
    kind: "talking",
    contact: contact("en", 0, { verified: false }),
    since: 0,
    sas: null,
    silentMs: null,
    movedAt: null,
    muted: true,
  },
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
