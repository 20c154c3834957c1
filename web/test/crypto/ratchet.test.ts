/** Two people write to each other over a network that loses, repeats and forges. */

import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";

import * as kem from "../../src/crypto/kem";
import { h } from "../../src/crypto/keySchedule";
import {
  Consumed,
  GAP_MOST,
  type RatchetState,
  SKIPPED_SECONDS,
  canSend,
  decodeState,
  encodeState,
  initiatorState,
  receiveUntrusted,
  responderState,
  send,
} from "../../src/crypto/ratchet";
import { UsageError, WireError } from "../../src/errors";
import { type Bytes, utf8 } from "../../src/wire/bytes";
import { damaged, dice, onlyWireError } from "../noise";

const NOW = 1_800_000_000;
const rng = dice();
const [sid, root0, idA, idB] = [rng(32), rng(32), rng(32), rng(32)];

let alice: RatchetState;
let bob: RatchetState;

beforeAll(async () => {
  const pair = await kem.keyPair(rng(32));
  alice = initiatorState(sid, root0, idA, idB, pair.publicKey);
  bob = responderState(sid, root0, idB, idA, pair);
});

/** Seal some messages in a row. */
async function several(
  from: RatchetState,
  count: number,
): Promise<readonly [RatchetState, readonly Bytes[]]> {
  let state = from;
  const messages: Bytes[] = [];
  for (let number = 0; number < count; number += 1) {
    const sent = await send(state, utf8(`message ${number}`), rng);
    state = sent.state;
    messages.push(sent.message);
  }
  return [state, messages];
}

test("who was invited may write only after the welcome", async () => {
  expect([canSend(alice), canSend(bob)]).toEqual([true, false]);
  await expect(send(bob, utf8("hello"), rng)).rejects.toThrow(UsageError);
});

test("messages open in whatever order and losses, each once", { timeout: 30_000 }, async () => {
  const life = fc.array(
    fc.record({ isAlice: fc.boolean(), delivered: fc.boolean(), late: fc.nat(3) }),
    { minLength: 1, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(life, async (steps) => {
      let states = [alice, bob] as const;
      const delayed: { readonly to: 0 | 1; readonly message: Bytes; readonly text: string }[] = [];
      const deliver = async (to: 0 | 1, message: Bytes, text: string): Promise<void> => {
        const received = await receiveUntrusted(states[to], message, NOW);
        expect(received.body).toEqual(utf8(text));
        const state = decodeState(encodeState(received.state));
        states = to === 0 ? [state, states[1]] : [states[0], state];
      };
      for (const [index, { isAlice, delivered, late }] of steps.entries()) {
        const from = isAlice ? 0 : 1;
        if (!canSend(states[from])) continue;
        const sent = await send(states[from], utf8(`step ${index}`), rng);
        states = from === 0 ? [sent.state, states[1]] : [states[0], sent.state];
        const item = { to: from === 0 ? 1 : 0, message: sent.message, text: `step ${index}` } as const;
        if (delivered) await deliver(item.to, item.message, item.text);
        else delayed.push(item);
        if (late === 0) {
          const old = delayed.pop();
          if (old !== undefined) await deliver(old.to, old.message, old.text);
        }
      }
    }),
    { numRuns: 15 },
  );
});

test("a copy of a message is consumed, within its turn and after", async () => {
  const [, messages] = await several(alice, 2);
  const [first, second] = messages;
  if (first === undefined || second === undefined) throw new Error("two were sent");
  const one = await receiveUntrusted(bob, first, NOW);
  await expect(receiveUntrusted(one.state, first, NOW)).rejects.toThrow(Consumed);
  const two = await receiveUntrusted(one.state, second, NOW);
  await expect(receiveUntrusted(two.state, second, NOW)).rejects.toThrow(Consumed);
});

// The real message may be a second behind its forged copy.
test("a forged copy of a delayed message does not destroy the real one", async () => {
  const [, messages] = await several(alice, 2);
  const [first, second] = messages;
  if (first === undefined || second === undefined) throw new Error("two were sent");
  const { state } = await receiveUntrusted(bob, second, NOW);
  const forged = new Uint8Array(first);
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  await expect(receiveUntrusted(state, forged, NOW)).rejects.toThrow(WireError);
  expect((await receiveUntrusted(state, first, NOW)).body).toEqual(utf8("message 0"));
});

test("keys of messages that never came are forgotten after 30 days", async () => {
  const [, messages] = await several(alice, 2);
  const [first, second] = messages;
  if (first === undefined || second === undefined) throw new Error("two were sent");
  const { state } = await receiveUntrusted(bob, second, NOW);
  const late = receiveUntrusted(state, first, NOW + SKIPPED_SECONDS + 1);
  await expect(late).rejects.toThrow(Consumed);
});

test("a gap beyond the limit is refused before any work", async () => {
  const { sending } = (await send(alice, utf8("x"), rng)).state;
  if (sending === null) throw new Error("it was sent");
  const far = { ...alice, peerKey: new Uint8Array(), sending: { ...sending, number: GAP_MOST + 1 } };
  const { message } = await send(far, utf8("far"), rng);
  await expect(receiveUntrusted(bob, message, NOW)).rejects.toThrow(/skips/);
});

test("noise knows one error only", async () => {
  const { message } = await send(alice, utf8("hello"), rng);
  await fc.assert(
    fc.asyncProperty(damaged(message), (data) => onlyWireError(() => receiveUntrusted(bob, data, NOW))),
    { numRuns: 30 },
  );
  const stored = encodeState((await receiveUntrusted(bob, message, NOW)).state);
  await fc.assert(
    fc.asyncProperty(damaged(stored), (data) => onlyWireError(() => decodeState(data))),
  );
});

test("a message under another contact's name does not open", async () => {
  const { message } = await send({ ...alice, sid: h(sid) }, utf8("hello"), rng);
  await expect(receiveUntrusted(bob, message, NOW)).rejects.toThrow(WireError);
});
