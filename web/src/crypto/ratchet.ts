/**
 * Send and receive on the contact channel of two people (spec/ratchet.md).
 *
 * A double ratchet with strictly alternating turns. Everything here is a function of a frozen state:
 * the caller commits the new state and the bytes together, then sends (§3). A call that throws
 * leaves the caller with the state it had, so a forged message cannot change anything. The steps wait
 * for WebCrypto, so the caller takes one step of a contact at a time.
 */

import { UsageError, WireError } from "../errors";
import type { Bytes } from "../wire/bytes";
import { type RatchetHeader, splitMessageUntrusted } from "../wire/ratchet";
import * as kem from "./kem";
import type { KemKeyPair } from "./kem";
import { EMPTY, type Rng, h } from "./keySchedule";
import {
  type RatchetState,
  type ReceivingTurn,
  SKIPPED_MOST,
  type SkippedKey,
  ownTurn,
  peerTurn,
} from "./ratchetState";
import {
  openMessageUntrusted,
  openTurnSeedUntrusted,
  sealMessage,
  sealTurnSeed,
  stepChain,
  stepRoot,
} from "./ratchetSteps";

export { type RatchetState, decodeState, encodeState, initiatorState, responderState } from "./ratchetState";

/** How many messages one message may skip. */
export const GAP_MOST = 2000;
export const SKIPPED_SECONDS = 30 * 24 * 3600;
const SEED_SIZE = 32;
const SALT_SIZE = 16;

/**
 * A message has the number of one that was received already, and its key is gone.
 *
 * It is a copy, or the peer went back to an old state, or it came later than its key was kept. The
 * message cannot be authenticated any more, so nothing in it counts.
 */
export class Consumed extends WireError {
  override readonly name = "Consumed";
}

export interface Sent {
  readonly state: RatchetState;
  readonly message: Bytes;
}

export interface Received {
  readonly state: RatchetState;
  readonly body: Bytes;
}

/** Count the messages of the own turn in which the next one goes: 0 where a new turn begins. */
export function turnLength({ peerKey, sending }: RatchetState): number {
  return peerKey.length > 0 || sending === null ? 0 : sending.number;
}

/** Say whether this side may send: the inviter always, the other side after turn 1. */
export function canSend(state: RatchetState): boolean {
  return state.peerKey.length > 0 || state.sending !== null;
}

/**
 * Seal one body; a new turn begins whenever one may (§1, §2).
 *
 * Commit the new state and the message before the message leaves, and send the stored bytes again
 * instead of sealing again. `UsageError` when this side may not send yet.
 */
export async function send(before: RatchetState, body: Bytes, rng: Rng): Promise<Sent> {
  const state = before.peerKey.length > 0 ? await newTurn(before, rng) : before;
  const { sending } = state;
  if (sending === null) {
    throw new UsageError("this contact cannot be written to before its welcome has come");
  }
  const { messageKey, chainKey } = stepChain(sending.chainKey);
  const header: RatchetHeader = {
    turn: sending.turn,
    previous: state.previous,
    number: sending.number,
    salt: rng(SALT_SIZE),
    ct: sending.ct,
    kemKey: sending.kemKey,
  };
  const direction = h(state.sid, state.myId, state.peerId);
  const message = await sealMessage(messageKey, direction, header, body);
  const after = { ...sending, chainKey, number: sending.number + 1 };
  return { state: { ...state, sending: after }, message };
}

async function newTurn(state: RatchetState, rng: Rng): Promise<RatchetState> {
  const [pair, seed] = [await kem.keyPair(rng(kem.SEED_SIZE)), rng(SEED_SIZE)];
  const turn = peerTurn(state) + 1;
  const ct = await sealTurnSeed(state.peerKey, seed, state.sid, turn, pair.publicKey);
  return beginTurn(state, pair, seed, ct);
}

/**
 * Enter the own next turn with an encapsulation that is already made.
 *
 * `UsageError` when the peer has not answered the own last turn: turns alternate.
 */
export function beginTurn(
  state: RatchetState,
  pair: KemKeyPair,
  seed: Bytes,
  ct: Bytes,
): RatchetState {
  if (state.peerKey.length === 0) {
    throw new UsageError("a turn may begin only after one of the peer's");
  }
  const { root, chainKey } = stepRoot(state.root, seed, ct, pair.publicKey);
  return {
    ...state,
    root,
    kemSeed: pair.seed,
    peerKey: EMPTY,
    previous: state.sending?.number ?? 0,
    sending: { turn: peerTurn(state) + 1, chainKey, number: 0, ct, kemKey: pair.publicKey },
  };
}

/**
 * Open one message of the peer; give the new state and the body.
 *
 * `now` is in Unix seconds and serves to forget old keys. Throw `Consumed` for a number that was
 * received already, `WireError` for everything else; then the old state stays right.
 */
export async function receiveUntrusted(
  before: RatchetState,
  message: Bytes,
  now: number,
): Promise<Received> {
  const { header } = splitMessageUntrusted(message);
  const state = forgetOldKeys(before, now);
  const direction = h(state.sid, state.peerId, state.myId);
  const skipped = state.skipped.find(
    ({ turn, number }) => turn === header.turn && number === header.number,
  );
  if (skipped !== undefined) {
    const body = await openMessageUntrusted(skipped.messageKey, direction, message);
    // Only now: a forged copy of a delayed message must not destroy the real one.
    const left = state.skipped.filter((key) => key !== skipped);
    return { state: { ...state, skipped: left }, body };
  }
  const step = await enterTurnUntrusted(state, header, now);
  const body = await openMessageUntrusted(step.messageKey, direction, message);
  if (step.isNewTurn) {
    // Checked late, since it costs more; an unusable key would strand the own next turn.
    kem.checkPublicUntrusted(header.kemKey);
  }
  return { state: step.state, body };
}

/** The state as it will be if the message proves authentic, and the key to prove it. */
interface Step {
  readonly state: RatchetState;
  readonly messageKey: Bytes;
  readonly isNewTurn: boolean;
}

/** Advance a copy of the state up to the message that the header announces. */
async function enterTurnUntrusted(
  state: RatchetState,
  header: RatchetHeader,
  now: number,
): Promise<Step> {
  const { receiving } = state;
  if (receiving !== null && header.turn === receiving.turn) {
    if (header.number < receiving.number) {
      throw new Consumed("this message was received already");
    }
    refuseGap(header.number - receiving.number);
    return { ...advance(state, receiving, header.number, now), isNewTurn: false };
  }
  const turnsAgo = peerTurn(state) - header.turn;
  if (header.turn > 0 && turnsAgo > 0 && turnsAgo % 2 === 0) {
    throw new Consumed("this message belongs to a turn that is over");
  }
  if (header.turn !== ownTurn(state) + 1 || state.kemSeed.length === 0) {
    throw new WireError("bad message: it does not belong to the peer's next turn");
  }
  const received = receiving?.number ?? 0;
  if (header.previous < received) {
    throw new WireError("bad message: the peer's last turn had more messages than it says");
  }
  refuseGap(header.previous - received + header.number);
  const { ct, kemKey } = header;
  const pair = await kem.keyPair(state.kemSeed);
  const seed = await openTurnSeedUntrusted(pair, ct, state.sid, header.turn, kemKey);
  if (receiving === null && header.previous > 0) {
    throw new WireError("bad message: it counts messages before the first turn");
  }
  const over =
    receiving === null ? state : skipTo(state, receiving, header.previous, now).state;
  const { root, chainKey } = stepRoot(state.root, seed, ct, kemKey);
  const entered = { ...over, root, kemSeed: EMPTY, peerKey: kemKey };
  const fresh = { turn: header.turn, chainKey, number: 0 };
  return { ...advance(entered, fresh, header.number, now), isNewTurn: true };
}

function advance(
  before: RatchetState,
  receiving: ReceivingTurn,
  number: number,
  now: number,
): Omit<Step, "isNewTurn"> {
  const skipped = skipTo(before, receiving, number, now);
  const { messageKey, chainKey } = stepChain(skipped.chainKey);
  const after = { turn: receiving.turn, chainKey, number: number + 1 };
  return { state: { ...skipped.state, receiving: after }, messageKey };
}

/** Keep the keys of the messages before `number`; the oldest give way beyond 2000. */
function skipTo(
  state: RatchetState,
  receiving: ReceivingTurn,
  number: number,
  now: number,
): { readonly state: RatchetState; readonly chainKey: Bytes } {
  let { chainKey } = receiving;
  const skipped: SkippedKey[] = [...state.skipped];
  for (let missing = receiving.number; missing < number; missing += 1) {
    const step = stepChain(chainKey);
    skipped.push({
      turn: receiving.turn,
      number: missing,
      messageKey: step.messageKey,
      since: now,
    });
    chainKey = step.chainKey;
  }
  return { state: { ...state, skipped: skipped.slice(-SKIPPED_MOST) }, chainKey };
}

function refuseGap(gap: number): void {
  if (gap > GAP_MOST) {
    throw new WireError(`bad message: it skips ${gap} others, at most ${GAP_MOST} are allowed`);
  }
}

function forgetOldKeys(state: RatchetState, now: number): RatchetState {
  const fresh = state.skipped.filter(({ since }) => now - since <= SKIPPED_SECONDS);
  return fresh.length === state.skipped.length ? state : { ...state, skipped: fresh };
}
