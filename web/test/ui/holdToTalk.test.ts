/** Hold to talk: nobody is heard by mistake. */

import { expect, test } from "vitest";
import { type Hold, type HoldEvent, IDLE, nextHold } from "../../src/ui/holdToTalk";

function after(...events: readonly (readonly [HoldEvent, number])[]): Hold["kind"] {
  return events.reduce<Hold>((hold, [event, at]) => nextHold(hold, event, at), IDLE).kind;
}

test("the voice goes through while the button is held", () => {
  expect(after(["press", 0])).toBe("held");
  expect(after(["press", 0], ["release", 2000])).toBe("idle");
});

test("a tap latches, a second tap lets go", () => {
  // For hands that cannot press for long.
  expect(after(["press", 0], ["release", 200])).toBe("latched");
  expect(after(["press", 0], ["release", 200], ["press", 900], ["release", 1000])).toBe("idle");
});

test("leaving the button mutes, latched or held", () => {
  // Whoever goes elsewhere has stopped thinking of the microphone.
  expect(after(["press", 0], ["leave", 100])).toBe("idle");
  expect(after(["press", 0], ["release", 200], ["leave", 300])).toBe("idle");
});

test("a repeated key press changes nothing", () => {
  expect(after(["press", 0], ["press", 290], ["release", 400])).toBe("idle");
});
