/** Let a caller and a callee talk with a clock that the test moves and a room that may lose. */

import type { Parties } from "../../src/crypto/callKeys";
import { SigningKey } from "../../src/crypto/signatures";
import { STANDARD } from "../../src/media/modes";
import type { CallEvent, EndReason, MediaOpened, SendEnvelope } from "../../src/protocol/callEvents";
import { Callee } from "../../src/protocol/callee";
import { Caller } from "../../src/protocol/caller";
import type { Bytes } from "../../src/wire/bytes";
import { Hangup } from "../../src/wire/call";
import { BodyKind } from "../../src/wire/codes";
import { dice } from "./dice";

export const ALI = await SigningKey.fromSeed(new Uint8Array(32).fill(1));
export const BAHAR = await SigningKey.fromSeed(new Uint8Array(32).fill(2));
export const PARTIES: Parties = {
  sid: new Uint8Array(32).fill(3),
  idCaller: ALI.publicKey,
  idCallee: BAHAR.publicKey,
};

/** Offer a call as Ali. */
export function newCaller(seed = "caller", now = 0): Promise<Caller> {
  const [grant, seatSecret] = [new Uint8Array(96), new Uint8Array(16)];
  const means = { parties: PARTIES, identity: ALI, grant, seatSecret, mode: STANDARD.code };
  return Caller.make(means, dice(seed), now);
}

/** Take an offer as Bahar; `WireError` when it is not Ali's. */
export function newCallee(offer: Bytes, age = 0, now = 0): Promise<Callee> {
  const means = { parties: PARTIES, identity: BAHAR, offer, age };
  return Callee.takeUntrusted(means, dice("callee"), now);
}

/** One machine, what it said to its person, and what waits on its way to it. */
export class Side<Machine extends Caller | Callee> {
  readonly seen: CallEvent[] = [];
  readonly controls: Bytes[] = [];
  readonly envelopes: SendEnvelope[] = [];

  constructor(readonly machine: Machine) {}

  /** Name what its person was told, in order. */
  get said(): string[] {
    return this.seen.map(({ event }) => event);
  }

  get reason(): EndReason | undefined {
    return this.seen.find((event) => event.event === "ended")?.reason;
  }

  get keys(): MediaOpened | undefined {
    return this.seen.find((event) => event.event === "mediaOpened");
  }

  get sas(): readonly number[] | undefined {
    return this.seen.find((event) => event.event === "sasReady")?.indices;
  }
}

/** Carry what the machines say; `now` moves only by `sleep`. */
export class Telephone {
  now = 0;

  private constructor(
    readonly ali: Side<Caller>,
    readonly bahar: Side<Callee>,
  ) {}

  /** Offer, and ask in the room. */
  static async make(): Promise<Telephone> {
    const caller = await newCaller();
    const phone = new Telephone(new Side(caller), new Side(await newCallee(caller.offer)));
    phone.act(phone.bahar, await phone.bahar.machine.begin(0));
    return phone;
  }

  /** Put what one side wants done on its way. */
  act(side: Side<Caller> | Side<Callee>, events: readonly CallEvent[]): void {
    const far = side.machine.role === "caller" ? this.bahar : this.ali;
    for (const event of events) {
      if (event.event === "sendControl") far.controls.push(event.body);
      else if (event.event === "sendEnvelope") far.envelopes.push(event);
      else side.seen.push(event);
    }
  }

  /** Hand over one control message; its leading byte is the room's. */
  async deliverControl(side: Side<Caller> | Side<Callee>): Promise<void> {
    const body = side.controls.shift();
    if (body === undefined || side.machine.isOver) return;
    this.act(side, await side.machine.controlUntrusted(body.slice(1), this.now));
  }

  /** Hand over one envelope, as the client does. */
  async deliverEnvelope(side: Side<Caller> | Side<Callee>): Promise<void> {
    const event = side.envelopes.shift();
    if (event !== undefined) this.act(side, await this.#take(side.machine, event));
  }

  async #take(machine: Caller | Callee, { kind, body }: SendEnvelope): Promise<CallEvent[]> {
    if (kind === BodyKind.HANGUP) return machine.hungUp(Hangup.parseUntrusted(body).reason);
    if (machine.role === "callee") return kind === BodyKind.CANCEL ? machine.cancelled() : [];
    if (kind === BodyKind.ANSWER) return machine.answerUntrusted(body, this.now);
    if (kind === BodyKind.DECLINE) return machine.declined();
    return kind === BodyKind.BUSY ? machine.busy() : [];
  }

  /** Deliver everything, in order, until nothing is on its way. */
  async settle(): Promise<void> {
    const sides = [this.ali, this.bahar];
    while (sides.some(({ controls, envelopes }) => controls.length + envelopes.length > 0)) {
      for (const side of sides) {
        while (side.envelopes.length > 0) await this.deliverEnvelope(side);
        while (side.controls.length > 0) {
          if (side.machine.isOver) side.controls.length = 0;
          else await this.deliverControl(side);
        }
      }
    }
  }

  /** Let time pass; alarm clocks ring when they are due, and nothing is delivered. */
  async sleep(seconds: number): Promise<void> {
    const until = this.now + seconds;
    for (;;) {
      const running = [this.ali, this.bahar].filter(({ machine }) => !machine.isOver);
      const due = Math.min(until + 1, ...running.map(({ machine }) => machine.nextDeadline()));
      if (due > until) break;
      this.now = Math.max(this.now, due);
      for (const side of running) {
        if (side.machine.nextDeadline() <= this.now) {
          this.act(side, await side.machine.expire(this.now));
        }
      }
    }
    this.now = until;
  }

  /** Ring, and let Bahar pick up. */
  async answer(): Promise<void> {
    await this.settle();
    this.act(this.bahar, await this.bahar.machine.answer(STANDARD.code, this.now));
  }

  /** Ring, answer, and compare the emoji. */
  async talk(): Promise<void> {
    await this.answer();
    await this.settle();
  }
}
