/** A call as both sides live through it; the model is tests/protocol of the Python side. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { WireError } from "../../src/errors";
import { STANDARD } from "../../src/media/modes";
import { REVEAL_SECONDS } from "../../src/protocol/callee";
import { LOST_SECONDS, RING_SECONDS } from "../../src/protocol/caller";
import { MOVED_EVERY_SECONDS } from "../../src/protocol/controlChannel";
import { HangupReason } from "../../src/wire/codes";
import { Telephone, newCallee, newCaller } from "./telephone";

describe("a call", () => {
  test("rings, is answered, has the same keys and emoji at both ends, and is hung up", async () => {
    const phone = await Telephone.make();
    await phone.talk();
    expect(phone.ali.said).toEqual(["rang", "mediaOpened", "sasReady"]);
    expect(phone.bahar.said).toEqual(["rang", "mediaOpened", "sasReady"]);
    expect(phone.ali.keys?.sendKey).toEqual(phone.bahar.keys?.receiveKey);
    expect(phone.ali.keys?.receiveKey).toEqual(phone.bahar.keys?.sendKey);
    expect(phone.ali.keys?.sendKey).not.toEqual(phone.ali.keys?.receiveKey);
    expect(phone.ali.sas).toEqual(phone.bahar.sas);
    expect(phone.ali.sas).toHaveLength(5);
    phone.act(phone.ali, await phone.ali.machine.hangUp());
    await phone.settle();
    expect([phone.ali.reason, phone.bahar.reason]).toEqual(["hangup", "remote_hangup"]);
  });

  test("to a phone that is off ends as away; the cancel is put", async () => {
    const caller = await newCaller();
    expect(await caller.expire(RING_SECONDS - 0.01)).toEqual([]);
    const ended = await caller.expire(RING_SECONDS);
    expect(ended.map(({ event }) => event)).toEqual(["sendControl", "sendEnvelope", "ended"]);
    expect(ended.at(-1)).toHaveProperty("reason", "away");
  });

  test("that rang and was not answered has another word, and is missed there", async () => {
    const phone = await Telephone.make();
    await phone.settle();
    await phone.sleep(RING_SECONDS);
    expect([phone.ali.reason, phone.bahar.reason]).toEqual(["no_answer", "cancelled"]);
    expect(phone.bahar.machine.wasMissed).toBe(true);
  });

  test.each(["decline", "busy"] as const)("that hears %s ends, by room or mailbox", async (word) => {
    for (const way of ["room", "mailbox"]) {
      const phone = await Telephone.make();
      await phone.settle();
      phone.act(phone.bahar, await phone.bahar.machine[word]());
      if (way === "room") await phone.deliverControl(phone.ali);
      else await phone.deliverEnvelope(phone.ali);
      expect(phone.ali.reason).toBe(word === "busy" ? "busy" : "declined");
    }
  });

  test.each(["ali", "bahar"] as const)("of which %s's line moved says so to the other, and no more", async (who) => {
    const phone = await Telephone.make();
    const [side, far] = who === "ali" ? [phone.ali, phone.bahar] : [phone.bahar, phone.ali];
    expect(await side.machine.moved(phone.now), "there is no key for it before the answer").toEqual([]);
    await phone.talk();
    const before = far.said;
    phone.act(side, await side.machine.moved(phone.now));
    phone.act(side, await side.machine.moved(phone.now + MOVED_EVERY_SECONDS - 0.1));
    expect(far.controls, "it is no clockwork of a bad network").toHaveLength(1);
    await phone.settle();
    expect(far.said).toEqual([...before, "moved"]);
    phone.act(side, await side.machine.moved(phone.now + MOVED_EVERY_SECONDS));
    expect(far.controls).toHaveLength(1);
  });

  test("cancelled while it is answered ends at both ends", async () => {
    const phone = await Telephone.make();
    await phone.answer();
    phone.act(phone.ali, await phone.ali.machine.hangUp());
    await phone.settle();
    expect([phone.ali.reason, phone.bahar.reason]).toEqual(["cancelled", "cancelled"]);
    expect(phone.bahar.machine.wasMissed).toBe(false);
  });

  test("does not ring for an offer whose caller is gone", async () => {
    const phone = await Telephone.make();
    phone.ali.controls.length = 0;
    await phone.sleep(RING_SECONDS);
    expect(phone.bahar.said).toEqual(["ended"]);
    expect(phone.bahar.machine.wasMissed).toBe(true);
  });

  test("takes the answer to an earlier call for nothing", async () => {
    const earlier = await newCaller("earlier");
    const callee = await newCallee(earlier.offer);
    const asked = (await callee.begin(0))[0];
    // Nobody's microphone opens for an offer that somebody kept.
    expect(await callee.answer(STANDARD.code, 0)).toEqual([]);
    if (asked?.event !== "sendControl") throw new Error("no question");
    const alive = (await earlier.controlUntrusted(asked.body.subarray(1), 0))[0];
    if (alive?.event !== "sendControl") throw new Error("nobody is alive");
    await callee.controlUntrusted(alive.body.subarray(1), 0);
    const answer = (await callee.answer(STANDARD.code, 0))[0];
    const later = await newCaller("later");
    if (answer?.event !== "sendEnvelope") throw new Error("no answer");
    expect(await later.answerUntrusted(answer.body, 1)).toEqual([]);
    expect(later.isOver).toBe(false);
  });

  test("takes the first answer alone", async () => {
    const phone = await Telephone.make();
    await phone.answer();
    const answer = phone.ali.envelopes[0];
    await phone.settle();
    if (answer === undefined) throw new Error("no answer");
    expect(await phone.ali.machine.answerUntrusted(answer.body, phone.now)).toEqual([]);
  });

  test("refuses an answer in a mode that was not offered", async () => {
    const phone = await Telephone.make();
    await phone.settle();
    phone.act(phone.bahar, await phone.bahar.machine.answer(STANDARD.code + 1, 0));
    await phone.deliverEnvelope(phone.ali);
    expect(phone.ali.reason).toBe("altered");
  });

  test("opens no media under an answer with any byte changed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(10_000), fc.integer({ min: 1, max: 255 }), async (place, change) => {
        const phone = await Telephone.make();
        await phone.answer();
        const answer = phone.ali.envelopes[0]?.body ?? new Uint8Array(1);
        const at = place % answer.length;
        answer[at] = (answer[at] ?? 0) ^ change;
        const events = await phone.ali.machine.answerUntrusted(answer, phone.now);
        expect(events.some(({ event }) => event === "mediaOpened")).toBe(false);
        // Another call's name is somebody else's answer; everything else was altered.
        const last = events.at(-1);
        expect(last === undefined || (last.event === "ended" && last.reason === "altered")).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test("refuses an offer with any byte changed", async () => {
    const { offer } = await newCaller();
    await fc.assert(
      fc.asyncProperty(fc.nat(offer.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const altered = offer.slice();
        altered[at] = (altered[at] ?? 0) ^ change;
        await expect(newCallee(altered)).rejects.toBeInstanceOf(WireError);
      }),
      { numRuns: 40 },
    );
  });

  test("ends with the alarm when the reveal does not come", async () => {
    const phone = await Telephone.make();
    await phone.answer();
    await phone.deliverEnvelope(phone.ali);
    phone.bahar.controls.length = 0;
    phone.bahar.machine.heard(phone.now);
    await phone.sleep(REVEAL_SECONDS);
    expect(phone.bahar.reason).toBe("alarm");
    await phone.deliverEnvelope(phone.ali);
    expect(phone.ali.reason).toBe("alarm");
  });

  test("repeats a lost reveal until it is acknowledged, and shows the emoji once", async () => {
    const phone = await Telephone.make();
    await phone.answer();
    await phone.deliverEnvelope(phone.ali);
    phone.bahar.controls.length = 0;
    await phone.sleep(2);
    await phone.settle();
    expect(phone.bahar.said.filter((word) => word === "sasReady")).toHaveLength(1);
    expect(phone.ali.said.filter((word) => word === "sasReady")).toHaveLength(1);
  });

  test("that falls silent for 90 seconds is lost", async () => {
    const phone = await Telephone.make();
    await phone.talk();
    phone.ali.machine.heard(phone.now);
    await phone.sleep(LOST_SECONDS);
    expect(phone.ali.reason).toBe("lost");
  });

  test("is not ended by noise in its room, nor by a copy of what was said", async () => {
    const phone = await Telephone.make();
    const asked = phone.ali.controls[0]?.slice(1) ?? new Uint8Array(1);
    expect(await phone.ali.machine.controlUntrusted(asked, 0)).toHaveLength(2);
    expect(await phone.ali.machine.controlUntrusted(asked, 0)).toEqual([]);
    const noise = new Uint8Array(256).fill(7);
    await expect(phone.ali.machine.controlUntrusted(noise, 0)).rejects.toBeInstanceOf(WireError);
    expect(phone.ali.machine.isOver).toBe(false);
  });

  test("says at the other end why it was ended", async () => {
    const words = [
      [HangupReason.HUNG_UP, "remote_hangup"],
      [HangupReason.FAILED, "remote_hangup"],
      [HangupReason.LOST, "lost"],
      [HangupReason.ALARM, "alarm"],
    ] as const;
    for (const [reason, word] of words) {
      const phone = await Telephone.make();
      await phone.talk();
      phone.act(phone.ali, phone.ali.machine.hungUp(reason));
      expect(phone.ali.reason).toBe(word);
    }
  });
});
