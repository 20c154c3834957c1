import { cat, cut, flip, longer, random, uint, zeros } from "../lib/bytes.mjs";
import { encode } from "../lib/cbor.mjs";
import { gcm44, h, kdf, seal, sealWithShare } from "../lib/construct.mjs";
import { publicKey } from "../lib/hpke.mjs";
import { Page } from "../lib/page.mjs";
import { idA, idB, sid } from "../lib/people.mjs";
import { ZERO_SHARES } from "../lib/points.mjs";
import { chain, header, sealMessage, sealTurn, step } from "../lib/ratchet.mjs";

const rnd = (name, n = 32) => random(`ratchet ${name}`, n);

async function turns(page) {
  const [sk_seed, root, seed] = [rnd("peer"), rnd("root"), rnd("seed")];
  const pk_peer = await publicKey(sk_seed);
  const pk_next = await publicKey(rnd("next"));
  const [t, ekm] = [3, rnd("ekm", 64)];
  const ct = await sealTurn(pk_peer, seed, sid, t, pk_next, ekm);
  const out = step(seed, root, ct, pk_next);
  page.ok("turn-seal", "a turn begins", "turn_seal", { peer_seed: sk_seed, pk_peer, sid, t, pk_next, root, seed, ekm }, { ct, ...out });
  page.ok("turn-open", "the other side follows", "turn_open", { sk_seed, sid, t, ct, pk_next, root }, { seed, ...out });
  const bad = (id, what, failure, change) => page.bad(`turn-${id}`, what, failure, "turn_open", { sk_seed, sid, t, ct, pk_next, root, ...change });
  bad("key", "another private key", "wrong key", { sk_seed: flip(sk_seed, 0) });
  bad("t", "the encapsulation of another turn", "replayed", { t: 5 });
  bad("sid", "another contact", "wrong context", { sid: flip(sid, 0) });
  bad("pk", "another next key", "wrong context", { pk_next: pk_peer });
  bad("bit", "one bit", "wrong value", { ct: flip(ct, 1120) });
  bad("truncated", "a byte short", "truncated", { ct: cut(ct) });
  bad("longer", "a byte too long", "one byte too long", { ct: longer(ct) });
  bad("label", "sealed under the label call", "wrong label", { ct: await seal(pk_peer, seed, "call", h(sid, t, pk_next), ekm) });
  bad("seed-31", "a seed of 31 bytes", "wrong length", { ct: await seal(pk_peer, cut(seed), "turn", h(sid, t, pk_next), ekm) });
  bad("share", "X25519 share zero", "small-order key", { ct: await sealWithShare(pk_peer, seed, "turn", h(sid, t, pk_next), ekm, ZERO_SHARES[0]) });
  const first = chain(out.ck);
  page.ok("chain-0", "first step of the chain", "chain", { ck: out.ck }, first);
  page.ok("chain-1", "second step of the chain", "chain", { ck: first.ck }, chain(first.ck));
  return { ct, pk_next, mk: first.mk, t };
}

function messages(page, { ct, pk_next, mk, t }) {
  const [id_sender, id_receiver] = [idA, idB];
  const ids = { sid, sender: id_sender, receiver: id_receiver };
  const common = { mk, sid, id_sender, id_receiver };
  const r = rnd("r", 16);
  const make = (pn, n, body) => sealMessage(mk, ids, header(t, pn, n, r, ct, pk_next), r, body);
  for (const [id, pn, n, body] of [["first", 0, 0, cat(3, encode({}))], ["later", 6, 41, cat(6, encode({ 0: rnd("call", 16) }))], ["long", 2, 1, cat(200, rnd("long", 1500))]]) {
    const message = make(pn, n, body);
    page.ok(`message-seal-${id}`, "a message", "message_seal", { ...common, t, pn, n, r, ct, pk_next, body }, { message });
    page.ok(`message-open-${id}`, "a message", "message_open", { ...common, message }, { t, pn, n, r, ct, pk_next, body });
  }
  const body = cat(3, encode({}));
  const message = make(6, 41, body);
  const bad = (id, what, failure, change) => page.bad(`message-${id}`, what, failure, "message_open", { ...common, message, ...change });
  bad("mk", "another message key", "wrong key", { mk: flip(mk, 0) });
  bad("direction", "sender and receiver change places", "wrong direction", { id_sender: idB, id_receiver: idA });
  bad("sid", "another contact", "wrong context", { sid: flip(sid, 0) });
  bad("version", "version 02 (authentic)", "wrong value", { message: sealMessage(mk, ids, cat(2, header(t, 6, 41, r, ct, pk_next).slice(1)), r, body) });
  for (const [id, at] of [["t", 4], ["pn", 8], ["n", 12], ["r", 13], ["ct", 29], ["pk", 2412], ["body", 2413], ["tag", -1]])
    bad(`bit-${id}`, `one bit of ${id}`, "wrong value", { message: flip(message, at) });
  bad("truncated", "a byte short", "truncated", { message: cut(message) });
  bad("longer", "a byte too long", "one byte too long", { message: longer(message) });
  bad("header-only", "nothing after the header", "truncated", { message: message.slice(0, 2413) });
  bad("empty", "no bytes", "truncated", { message: zeros(0) });
  const head = header(t, 6, 41, r, ct, pk_next);
  bad("label", "sealed under the label ctl", "wrong label",
    { message: cat(head, gcm44(kdf(mk, r, "ctl", null, 44), body, cat(h(sid, idA, idB), head))) });
}

/** Both sides of a contact, to write down what passes between them. */
class Contact {
  constructor(name) {
    this.name = name;
    this.root = this.root0 = rnd(`${name} root0`);
    this.first_seed = rnd(`${name} pkB`);
    this.turns = [];
  }

  /** Begin the next turn; the side follows from its number. */
  async turn() {
    const t = this.turns.length + 1;
    const before = this.turns[t - 2];
    const next_seed = rnd(`${this.name} next ${t}`);
    const seed = rnd(`${this.name} seed ${t}`);
    const pk = await publicKey(next_seed);
    const pkPeer = before ? before.pk : await publicKey(this.first_seed);
    const ct = await sealTurn(pkPeer, seed, sid, t, pk, rnd(`${this.name} ekm ${t}`, 64));
    const { root, ck } = step(seed, this.root, ct, pk);
    this.root = root;
    this.turns.push({ t, pk, ct, ck, ck0: ck, sent: 0, pn: this.turns[t - 3]?.sent ?? 0 });
    return { do: "turn", t, next_seed, seed, ct, expect: "ok" };
  }

  #ids(t) {
    return t % 2 === 1 ? { sid, sender: idA, receiver: idB } : { sid, sender: idB, receiver: idA };
  }

  /** The next message of the newest turn. */
  message(what = "text") {
    const turn = this.turns.at(-1);
    const body = cat(200, encode({ 0: `${what} ${turn.t}.${turn.sent}` }));
    const r = rnd(`${this.name} r ${turn.t} ${turn.sent}`, 16);
    const { mk, ck } = chain(turn.ck);
    const head = header(turn.t, turn.pn, turn.sent, r, turn.ct, turn.pk);
    turn.ck = ck;
    turn.sent += 1;
    return { r, body, message: sealMessage(mk, this.#ids(turn.t), head, r, body) };
  }

  /** A message of turn t far ahead or with another PN, without moving the contact. */
  forged(t, n, { pn, ids } = {}) {
    const turn = this.turns[t - 1];
    let [ck, mk] = [turn.ck0, null];
    for (let i = 0; i <= n; i++) ({ mk, ck } = chain(ck));
    const body = cat(200, encode({ 0: `far ${n}` }));
    const r = rnd(`${this.name} far ${t} ${n}`, 16);
    const head = header(t, pn ?? turn.pn, n, r, turn.ct, turn.pk);
    return { r, body, message: sealMessage(mk, ids ?? this.#ids(t), head, r, body) };
  }
}

const send = ({ r, body, message }) => ({ do: "send", r, body, message });
const receive = ({ message, body }) => ({ do: "receive", message, expect: "ok", body });
const consumed = ({ message }) => ({ do: "receive", message, expect: "consumed" });
const bad = ({ message }, change = (m) => m) => ({ do: "receive", message: change(message), expect: "bad" });

async function dialogue(page, id, what, side, contact, steps) {
  const own = side === "a" ? { id_own: idA, id_peer: idB } : { id_own: idB, id_peer: idA };
  const first = side === "a" ? { pkB: await publicKey(contact.first_seed) } : { first_seed: contact.first_seed };
  page.ok(`dialogue-${id}`, what, "dialogue", { side, sid, root0: contact.root0, ...own, ...first, steps }, {});
}

async function inOrder(page) {
  for (const side of ["a", "b"]) {
    const c = new Contact("in order");
    const steps = [];
    for (let t = 1; t <= 4; t++) {
      const mine = (t % 2 === 1) === (side === "a");
      const begin = await c.turn();
      if (mine) steps.push(begin);
      for (let n = 0; n < 2; n++) steps.push(mine ? send(c.message()) : receive(c.message()));
    }
    await dialogue(page, `in-order-${side}`, "four turns, each seen in order", side, c, steps);
  }
}

async function reordered(page) {
  const c = new Contact("reordered");
  await c.turn();
  const one = Array.from({ length: 6 }, () => c.message());
  const steps = [receive(one[2]), receive(one[0]), receive(one[5]), consumed(one[0]), consumed(one[2]), consumed(one[5])];
  steps.push(bad(one[3], (m) => flip(m, -1)), receive(one[3]), consumed(one[3]));
  steps.push(await c.turn(), send(c.message()));
  await c.turn();
  const three = Array.from({ length: 3 }, () => c.message());
  steps.push(receive(three[1]), receive(one[1]), receive(three[0]), consumed(three[1]), receive(one[4]), consumed(one[4]), receive(three[2]));
  await dialogue(page, "reordered", "skipped, reordered, repeated and altered messages over two turns", "b", c, steps);
}

async function lastOfTurnLost(page) {
  const c = new Contact("tail");
  await c.turn();
  const one = Array.from({ length: 4 }, () => c.message());
  const steps = [receive(one[0]), await c.turn(), send(c.message())];
  await c.turn();
  const three = c.message();
  steps.push(receive(three), receive(one[3]), receive(one[1]), consumed(one[3]), receive(one[2]));
  await dialogue(page, "tail", "the end of turn 1 comes after turn 3 has begun (PN)", "b", c, steps);
}

async function alternation(page) {
  const c = new Contact("alternation");
  const one = await c.turn();
  const steps = [one, send(c.message()), { ...one, t: 3, expect: "refused" }, send(c.message())];
  await c.turn();
  const two = [c.message(), c.message()];
  steps.push(bad({ message: c.forged(2, 0, { ids: { sid, sender: idA, receiver: idB } }).message }));
  steps.push(receive(two[1]), await c.turn(), receive(two[0]), consumed(two[1]), send(c.message()));
  await c.turn();
  const four = c.message();
  steps.push(bad({ message: cat(four.message.slice(0, 1), uint(6, 4), four.message.slice(5)) }));
  steps.push(bad({ message: cat(four.message.slice(0, 1), uint(5, 4), four.message.slice(5)) }), receive(four));
  await dialogue(page, "alternation", "strict turns; a jump of turns and a reflected message fail", "a", c, steps);
  const d = new Contact("b starts");
  const begin = await d.turn();
  const first = d.message();
  await dialogue(page, "b-waits", "b may not begin before a", "b", d, [{ ...begin, t: 2, expect: "refused" }, receive(first)]);
}

async function altered(page) {
  const c = new Contact("altered");
  await c.turn();
  const first = c.message();
  const at = { version: 0, t: 4, pn: 8, n: 12, r: 13, ct: 29, "the X25519 share": 29 + 1088, pk: 29 + 1168, body: 2413 };
  const steps = Object.values(at).map((i) => bad(first, (m) => flip(m, i)));
  steps.push(bad(first, cut), bad(first, longer), receive(first), consumed(first));
  await dialogue(page, "altered", "one bit of each field; then the good one still opens", "b", c, steps);
}

async function gaps(page) {
  const c = new Contact("gap");
  await c.turn();
  await dialogue(page, "gap-2000", "a gap of 2000 is allowed", "b", c, [receive(c.forged(1, 2000)), receive(c.forged(1, 1999)), receive(c.forged(1, 0))]);
  await dialogue(page, "gap-2001", "a gap of 2001 is not; nothing changes", "b", c, [bad(c.forged(1, 2001)), receive(c.forged(1, 0))]);
  await dialogue(page, "total-2000", "of 2001 skipped keys the oldest goes", "b", c,
    [receive(c.forged(1, 1000)), receive(c.forged(1, 2001)), receive(c.forged(1, 2003)), consumed(c.forged(1, 0)), receive(c.forged(1, 1))]);
}

export default async function ratchet() {
  const page = new Page("ratchet", "spec/ratchet.md");
  messages(page, await turns(page));
  await inOrder(page);
  await reordered(page);
  await lastOfTurnLost(page);
  await alternation(page);
  await altered(page);
  await gaps(page);
  return page;
}
