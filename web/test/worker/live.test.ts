/** Whole clients against a real home: what the page does, but for the browser. */

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";

import { EMOJI } from "../../src/crypto/emoji";
import { isOfDoor } from "../../src/worker/homes";
import type { ClientView } from "../../src/worker/messages";
import { SPEECH, World, hasHome } from "./home";
import { Person, befriend } from "./person";

const SLOW_MS = 60_000;

describe.skipIf(!hasHome)("at a real home", { timeout: SLOW_MS }, () => {
  const world = new World();
  const people: Person[] = [];

  beforeAll(() => world.start(), SLOW_MS);
  afterEach(() => {
    const vanished = people.map((person) => person.vanished);
    for (const person of people.splice(0)) person.leave();
    expect(vanished.filter((times) => times > 0)).toEqual([]);
  });
  afterAll(() => {
    world.stop();
  });

  async function person(): Promise<Person> {
    const made = await Person.open(world.address);
    people.push(made);
    return made;
  }

  async function friends(): Promise<readonly [Person, Person]> {
    const [ali, bahar] = [await person(), await person()];
    await befriend(ali, bahar);
    return [ali, bahar];
  }

  async function talking(): Promise<readonly [Person, Person]> {
    const [ali, bahar] = await friends();
    ali.do({ kind: "call", contact: (await ali.friend()).id });
    await bahar.call("incoming");
    bahar.do({ kind: "answer" });
    await Promise.all([ali.call("talking"), bahar.call("talking")]);
    return [ali, bahar];
  }

  test("two pages meet, call, compare the emoji and hang up", async () => {
    const [ali, bahar] = await talking();
    const sas = await ali.sees("emoji", ({ call }) => call?.kind === "talking" && call.sas !== null);
    const other = await bahar.sees(
      "emoji",
      ({ call }) => call?.kind === "talking" && call.sas !== null,
    );
    expect(sas.call).toHaveProperty("sas", other.call?.kind === "talking" ? other.call.sas : null);
    ali.do({ kind: "sasMatch", matches: true });
    await ali.sees("the mark", ({ contacts }) => contacts[0]?.verified === true);
    // A doubt stays, also over a reload, until the words match.
    bahar.do({ kind: "sasMatch", matches: false });
    await bahar.sees("the doubt", ({ contacts }) => contacts[0]?.suspected === true);
    bahar.do({ kind: "sasMatch", matches: true });
    await bahar.sees("no doubt", ({ contacts }) => contacts[0]?.suspected === false);
    ali.do({ kind: "hangUp" });
    expect((await ali.call("ended")).reason).toBe("hangup");
    expect((await bahar.call("ended")).reason).toBe("remote_hangup");
    const { log } = await ali.sees("the log", ({ log }) => log.length === 1);
    expect(log[0]).toMatchObject({ direction: "out", seen: true, name: "Bahar" });
    ali.do({ kind: "dismissEnded" });
    await ali.sees("no call", ({ call }) => call === null);
  });

  test("a verified name that comes back with another key is told until the words match", async () => {
    // A new device and somebody in between look the same from here.
    const [ali, bahar] = await talking();
    await ali.sees("emoji", ({ call }) => call?.kind === "talking" && call.sas !== null);
    ali.do({ kind: "sasMatch", matches: true });
    await ali.sees("the mark", ({ contacts }) => contacts[0]?.verified === true);
    ali.do({ kind: "hangUp" });
    await Promise.all([ali.call("ended"), bahar.call("ended")]);
    await befriend(ali, bahar);
    const renewed = await ali.sees("another key", ({ contacts }) => contacts[0]?.verified === false);
    expect(renewed.contacts.map(({ name, changed }) => [name, changed])).toEqual([["Bahar", true]]);
    // Bahar never compared the words: to her nothing has changed that she knew.
    expect((await bahar.friend()).changed).toBe(false);
  });

  test("they call each other again, the other way round", async () => {
    const [ali, bahar] = await talking();
    bahar.do({ kind: "hangUp" });
    await Promise.all([ali.call("ended"), bahar.call("ended")]);
    bahar.do({ kind: "call", contact: (await bahar.friend()).id });
    await ali.call("incoming");
    ali.do({ kind: "answer" });
    await Promise.all([ali.call("talking"), bahar.call("talking")]);
    bahar.do({ kind: "hangUp" });
    expect((await ali.call("ended")).reason).toBe("remote_hangup");
  });

  test("a page that is reloaded in mid-call ends it honestly at both sides", async () => {
    for (const who of ["caller", "callee"] as const) {
      const [ali, bahar] = await talking();
      const [reloaded, other] = who === "caller" ? [ali, bahar] : [bahar, ali];
      await reloaded.reload();
      expect((await other.call("ended")).reason).toBe("remote_hangup");
      const { call, log } = await reloaded.sees("the log", ({ log }) => log.length === 1);
      expect(call).toBeNull();
      expect(log[0]?.direction).toBe(who === "caller" ? "out" : "in");
      // And nothing is broken: they can talk again.
      reloaded.do({ kind: "call", contact: (await reloaded.friend()).id });
      await other.call("incoming");
      other.do({ kind: "answer" });
      await Promise.all([reloaded.call("talking"), other.call("talking")]);
      reloaded.do({ kind: "hangUp" });
      await Promise.all([reloaded.call("ended"), other.call("ended")]);
    }
  });

  test("declined, cancelled: each side hears its own words", async () => {
    const [ali, bahar] = await friends();
    const contact = (await ali.friend()).id;
    ali.do({ kind: "call", contact });
    await bahar.call("incoming");
    bahar.do({ kind: "decline" });
    expect((await ali.call("ended")).reason).toBe("declined");
    await bahar.call("ended");
    ali.do({ kind: "call", contact });
    await bahar.call("incoming");
    ali.do({ kind: "hangUp" });
    expect((await ali.call("ended")).reason).toBe("cancelled");
    expect((await bahar.call("ended")).reason).toBe("cancelled");
    const { log } = await bahar.sees("a missed call", ({ log }) => log.length === 2);
    expect(log.map(({ direction, seen }) => [direction, seen])).toEqual([
      ["missed", false],
      ["in", true],
    ]);
    // What was seen of it is asked for: by the list of calls it would be sent again and again.
    const [missed, declined] = log;
    if (missed === undefined || declined === undefined) throw new Error("unreachable");
    expect([missed.reason, declined.reason]).toEqual(["cancelled", "declined"]);
    bahar.do({ kind: "explain", id: declined.id });
    const { id, trace } = await bahar.notice("trace");
    expect(id).toBe(declined.id);
    expect(trace.failure).toBeNull();
    expect(trace.moments.map(({ kind }) => kind)).toEqual(["came", "rang", "ended"]);
    bahar.do({ kind: "forgetCall", id: declined.id });
    await bahar.sees("one call less", (view) => view.log.length === 1);
    bahar.do({ kind: "logSeen" });
    await bahar.sees("nothing missed", ({ log }) => log.every(({ seen }) => seen));
    bahar.do({ kind: "clearLog" });
    await bahar.sees("an empty log", ({ log }) => log.length === 0);
  });

  test("whoever is in a call is busy, and knows afterwards that somebody called", async () => {
    const [ali, bahar] = await talking();
    const cyrus = await person();
    cyrus.do({ kind: "invite", name: "Bahar" });
    const { link } = await cyrus.notice("invitation");
    bahar.do({ kind: "accept", link, name: "Cyrus" });
    await Promise.all([cyrus.notice("accepted"), bahar.notice("accepted")]);
    cyrus.do({ kind: "call", contact: (await cyrus.friend()).id });
    expect((await cyrus.call("ended")).reason).toBe("busy");
    await bahar.sees("a missed call", ({ log }) => log[0]?.direction === "missed");
    expect((await ali.call("talking")).kind).toBe("talking");
  });

  test("both call at the same time: they are connected at once", async () => {
    const [ali, bahar] = await friends();
    const [a, b] = [(await ali.friend()).id, (await bahar.friend()).id];
    ali.do({ kind: "call", contact: a });
    bahar.do({ kind: "call", contact: b });
    await Promise.all([ali.call("talking"), bahar.call("talking")]);
    ali.do({ kind: "hangUp" });
    expect((await bahar.call("ended")).reason).toBe("remote_hangup");
  });

  test("an invitation works once, and says why it does not", async () => {
    const [ali, bahar, cyrus] = [await person(), await person(), await person()];
    ali.do({ kind: "invite", name: "Bahar" });
    const { link, id } = await ali.notice("invitation");
    ali.do({ kind: "showInvitation", id });
    expect((await ali.notice("invitation")).link).toBe(link);
    bahar.do({ kind: "accept", link, name: "Ali" });
    await Promise.all([ali.notice("accepted"), bahar.notice("accepted")]);
    await ali.sees("no invitation", ({ invitations }) => invitations.length === 0);
    cyrus.do({ kind: "accept", link, name: "Ali" });
    expect((await cyrus.notice("invitationFault")).fault).toBe("used");
    const altered = `${link.slice(0, -1)}${link.endsWith("A") ? "E" : "A"}`;
    cyrus.do({ kind: "accept", link: altered, name: "Ali" });
    expect((await cyrus.notice("invitationFault")).fault).toBe("altered");
    cyrus.do({ kind: "accept", link: link.replace(/\/[^/#]+#/, "/another-door-of-a-home#"), name: "Ali" });
    await cyrus.notice("otherHome");
    ali.do({ kind: "invite", name: "Cyrus" });
    const second = await ali.notice("invitation");
    ali.do({ kind: "cancelInvitation", id: second.id });
    await ali.sees("no invitation", ({ invitations }) => invitations.length === 0);
    cyrus.do({ kind: "accept", link: second.link, name: "Ali" });
    expect((await cyrus.notice("invitationFault")).fault).toBe("cancelled");
    expect(cyrus.view.contacts).toEqual([]);
  });

  test("who accepts while the inviter is away waits, and is a contact when he comes back", async () => {
    const [ali, bahar] = [await person(), await person()];
    ali.do({ kind: "invite", name: "Bahar" });
    const { link } = await ali.notice("invitation");
    ali.leave();
    bahar.do({ kind: "accept", link, name: "Ali" });
    expect((await bahar.notice("accepted")).contact.standing).toBe("waiting");
    await ali.reload();
    await Promise.all([ali.friend(), bahar.friend()]);
  });

  test("storage that was set back is out of step, and both sides stop calling", async () => {
    const [ali, bahar] = await friends();
    const old = await bahar.backup();
    ali.do({ kind: "call", contact: (await ali.friend()).id });
    await bahar.call("incoming");
    bahar.do({ kind: "decline" });
    await Promise.all([ali.call("ended"), bahar.call("ended")]);
    // What never left the device is no loss: only what Ali has read makes the copy an old one.
    await vi.waitFor(async () => {
      expect((await bahar.backup()).filter(({ kind }) => kind === "outbox")).toEqual([]);
    }, 10_000);
    await bahar.restore(old);
    bahar.do({ kind: "call", contact: (await bahar.friend()).id });
    const outOfStep = (view: ClientView): boolean => view.contacts[0]?.standing === "out_of_step";
    await Promise.all([ali.sees("it", outOfStep), bahar.sees("it", outOfStep)]);
    bahar.do({ kind: "dismissEnded" });
    bahar.do({ kind: "call", contact: bahar.view.contacts[0]?.id ?? "" });
    expect((await bahar.call("ended")).reason).toBe("out_of_step");
  });

  test("what is stored tells behind which door its home is", async () => {
    // Stores of the first version had one name for all homes of a host: keys must not be mixed up.
    const [ali] = await friends();
    const items = await ali.backup();
    const door = new URL(world.address).pathname.slice(1);
    expect(await isOfDoor(items, door)).toBe(true);
    expect(await isOfDoor(items, `${door}x`)).toBe(false);
    expect(await isOfDoor(items.filter(({ kind }) => kind !== "home"), door)).toBe(false);
  });

  test("a call goes on when the home is started again", async () => {
    const [ali, bahar] = await talking();
    await world.stopHome();
    await ali.sees("the line down", ({ line }) => line.kind === "down");
    const before = ali.voice?.understood ?? 0;
    await world.start();
    await Promise.all(
      [ali, bahar].map((who) => who.sees("the line", ({ line }) => line.kind === "ready")),
    );
    await vi.waitFor(() => {
      expect(ali.voice?.understood).toBeGreaterThan(before + 20);
    }, 10_000);
    expect(ali.view.call?.kind).toBe("talking");
    ali.do({ kind: "hangUp" });
    expect((await bahar.call("ended")).reason).toBe("remote_hangup");
  });

  test("without a home a call says so at once, and hanging up is possible", async () => {
    const [ali] = await friends();
    await world.stopHome();
    await ali.sees("the line down", ({ line }) => line.kind === "down");
    ali.do({ kind: "call", contact: (await ali.friend()).id });
    await ali.call("calling");
    ali.do({ kind: "hangUp" });
    expect((await ali.call("ended")).reason).toBe("cancelled");
    const { log } = await ali.sees("what was tried", (view) => view.log.length === 1);
    expect(log[0]).toMatchObject({ direction: "out", reason: "cancelled", durationS: 0 });
    await world.start();
    await ali.sees("the line", ({ line }) => line.kind === "ready");
  });

  test("a page calls the command line and is called by it", async () => {
    const ali = await person();
    const inviting = world.run(["invite", "--home", world.homeLink, "--name", "ali", "--wait"], "c");
    const { link } = await inviting.waitFor("invitation");
    ali.do({ kind: "accept", link: String(link), name: "Cyrus" });
    await inviting.waitFor("accepted");
    const contact = await ali.friend();
    inviting.stop();

    const answering = world.run(["answer", "--once", "--play", SPEECH, "--duration", "2"], "c");
    await answering.waitFor("ready");
    ali.do({ kind: "call", contact: contact.id });
    const connected = await ali.sees(
      "emoji",
      ({ call }) => call?.kind === "talking" && call.sas !== null,
    );
    const sas = await answering.waitFor("sas");
    const shown = connected.call?.kind === "talking" ? connected.call.sas : null;
    expect(shown?.map((index) => EMOJI[index]?.symbol)).toEqual(sas["emoji"]);
    expect((await ali.call("ended")).reason).toBe("remote_hangup");
    expect((await answering.waitFor("ended"))["reason"]).toBe("hangup");

    const calling = world.run(["call", "ali", "--play", SPEECH, "--duration", "2"], "c");
    await ali.call("incoming");
    ali.do({ kind: "answer" });
    await calling.waitFor("connected");
    await calling.waitFor("sas");
    expect((await calling.waitFor("ended"))["reason"]).toBe("hangup");
    expect((await ali.call("ended")).reason).toBe("remote_hangup");
    expect(ali.voice?.understood).toBeGreaterThan(50);
  });

  test("at a home for invited people one who is there can invite, and a stranger is told", async () => {
    const [ali, stranger, carol] = [await person(), await person(), await person()];
    await befriend(ali, await person());
    await world.stopHome();
    // Nobody counts as the operator, who may do so on the home's own machine.
    await world.start("home", [], ["vouchers_only=true", "trusted_proxy=127.0.0.1"]);
    await ali.sees("the line", ({ line }) => line.kind === "ready");

    stranger.do({ kind: "invite", name: "Nobody" });
    expect(await stranger.notice("failed")).toMatchObject({ words: "uninvited" });

    ali.notices.length = 0;
    ali.do({ kind: "invite", name: "Carol" });
    const { link } = await ali.notice("invitation");
    carol.do({ kind: "accept", link, name: "Ali" });
    await Promise.all([ali.notice("accepted"), carol.notice("accepted")]);
    // Her mailbox for him took a voucher, too: he is called over it.
    carol.do({ kind: "call", contact: (await carol.friend()).id });
    await ali.call("incoming");
    await world.stopHome();
    await world.start();
  });
});
