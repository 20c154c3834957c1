/** The worker's entry: take the commands of one tab, and hold the line while this tab may. */

import { deviceClock } from "../platform/clock";
import { hasDatabase } from "../platform/database";
import { TabChannel, TabLock, type TabWord } from "../platform/locks";
import { randomBytes } from "../platform/randomness";
import {
  LockedError,
  Store,
  StoreError,
  eraseStore,
  isForgetful,
  moveStore,
} from "../platform/store";
import { browserWeb } from "../platform/websocket";
import { Deferred, sleep } from "./async";
import type { MakeVoice } from "./callVoice";
import type { Shelf } from "./book";
import { Client } from "./client";
import { ceilingOf, GENEROUS } from "./frugality";
import { isOfDoor } from "./homes";
import { MemoryShelf } from "./memoryShelf";
import type { Command, Notice } from "./messages";
import { Voice } from "./voice";

type Start = Extract<Command, { readonly kind: "start" }>;

const HANDOVER_SECONDS = 1.5;

/** The two ports of the next call; a call takes them with it. */
let ports: { readonly capture: MessagePort; readonly playout: MessagePort } | null = null;

let frugality = GENEROUS;

const makeVoice: MakeVoice = (hooks) => {
  if (ports === null) return null;
  const { capture, playout } = ports;
  ports = null;
  return new Voice(capture, playout, hooks, () => deviceClock.now(), ceilingOf(frugality));
};

/** One tab's part in who holds the line. */
class Tab {
  readonly #start: Start;
  readonly #lock: TabLock;
  readonly #channel: TabChannel;
  #store: Store | null = null;
  /** A page from a file waits to be told what it may keep. */
  #isUnkept = false;
  #client: Client | null = null;
  #homeId: string | null;
  #isOtherInCall = false;
  #isWaiting = false;
  /** While this tab erases what another one holds: settled when that one has done it. */
  #erasing: Deferred<void> | null = null;

  constructor(start: Start) {
    this.#start = start;
    this.#homeId = start.homeId;
    const name = `hamseda ${start.store}`;
    this.#lock = new TabLock(name, navigator.locks, () => {
      this.#giveUp();
    });
    this.#channel = new TabChannel(name, (word) => {
      void this.#hear(word);
    });
  }

  /** Hold the line if no other tab does; else say so and wait until it is free. */
  async begin(): Promise<void> {
    if (!this.#isFile && (await isForgetful(navigator.storage))) {
      tell({ kind: "storeTrouble", trouble: "private" });
    }
    if (await this.#lock.take("if_free")) await this.#open(this.#start.passphrase);
    else await this.#wait();
  }

  /** Try again with a passphrase: only a locked store starts twice. */
  async unlock(passphrase: string | null): Promise<void> {
    if (this.#lock.isHeld && this.#client === null) await this.#open(passphrase);
  }

  /** The page came from a disk: every other file there could read what it keeps in clear. */
  get #isFile(): boolean {
    return this.#start.address.startsWith("file:");
  }

  /** Keep people under a passphrase from now on, or only as long as this page is open. */
  async keep(passphrase: string | null): Promise<void> {
    if (!this.#isUnkept) return;
    // Not by two presses at once; a press after one that failed counts.
    this.#isUnkept = false;
    try {
      await this.#guarded(() => this.#beginKept(passphrase));
    } finally {
      if (this.#client === null) {
        this.#close();
        this.#askToKeep();
      }
    }
  }

  async #beginKept(passphrase: string | null): Promise<void> {
    if (passphrase === null) {
      await this.#begin(new MemoryShelf());
      return;
    }
    const options = { name: this.#start.store, passphrase: null };
    this.#store = await Store.open({ ...options, factory: indexedDB, rng: randomBytes });
    await this.#store.relock(passphrase);
    await this.#begin(this.#store);
  }

  #askToKeep(): void {
    this.#isUnkept = true;
    tell({ kind: "unkept" });
  }

  #open(passphrase: string | null): Promise<void> {
    return this.#guarded(async () => {
      const { store: name } = this.#start;
      if (!this.#isFile) await moveFormer(name);
      else if (!(await hasDatabase(indexedDB, name))) {
        this.#askToKeep();
        return;
      }
      const options = { name, passphrase, factory: indexedDB, rng: randomBytes };
      this.#store = await Store.open(options);
      if (this.#isFile && !this.#store.isLocked) await this.#forgetUnlocked();
      else await this.#begin(this.#store);
    });
  }

  /** Do what may find the store locked or unwritable, and tell that. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof LockedError) tell({ kind: "locked", wrong: error.wrong });
      else if (error instanceof StoreError) {
        tell({ kind: "storeTrouble", trouble: error.trouble === "newer" ? "newer" : "unwritable" });
      }
      else throw error;
    }
  }

  /** The page went away before the passphrase was set: there is nothing in it. */
  async #forgetUnlocked(): Promise<void> {
    this.#close();
    await eraseStore(indexedDB, this.#start.store, randomBytes);
    await this.#open(null);
  }

  async #begin(shelf: Shelf): Promise<void> {
    this.#client = await Client.open({
      address: this.#start.address,
      linkHomeId: this.#homeId,
      shelf,
      web: browserWeb,
      clock: deviceClock,
      rng: randomBytes,
      makeVoice,
      frugality: () => frugality,
      tell,
    });
  }

  async #wait(): Promise<void> {
    this.#isWaiting = true;
    tell({ kind: "otherTab", inCall: this.#isOtherInCall });
    this.#channel.say("who");
    if (!(await this.#lock.take("wait")) || this.#erasing !== null) return;
    this.#isWaiting = false;
    await this.#open(this.#start.passphrase);
  }

  /** Ask the other tab to hand over; one that does not answer is overruled. */
  async takeOver(): Promise<void> {
    if (!this.#isWaiting) return;
    this.#isOtherInCall = false;
    this.#channel.say("give_up");
    await sleep(HANDOVER_SECONDS);
    if (!this.#stillWaits()) return;
    this.#isWaiting = false;
    if (await this.#lock.take("steal")) await this.#open(this.#start.passphrase);
  }

  #stillWaits(): boolean {
    return this.#isWaiting && !this.#isOtherInCall;
  }

  async #hear(word: TabWord): Promise<void> {
    switch (word) {
      case "who":
        this.#sayWho();
        return;
      case "give_up":
        if (this.#client?.isInCall === true) this.#sayWho();
        else if (this.#lock.isHeld) await this.#handOver();
        return;
      case "idle":
      case "in_call":
        this.#isOtherInCall = word === "in_call";
        if (this.#isWaiting) tell({ kind: "otherTab", inCall: this.#isOtherInCall });
        return;
      case "erase":
        if (this.#lock.isHeld) await this.#eraseHere();
        return;
      case "erased":
        if (this.#erasing === null) tell({ kind: "erased" });
        else this.#erasing.resolve();
    }
  }

  #sayWho(): void {
    if (this.#lock.isHeld) this.#channel.say(this.#client?.isInCall === true ? "in_call" : "idle");
  }

  async #handOver(): Promise<void> {
    await this.#client?.stop();
    this.#close();
    this.#lock.release();
    await this.#wait();
  }

  /** Another tab has stolen the lock. */
  #giveUp(): void {
    this.#client?.abandon();
    this.#close();
    this.#wait().catch(crash);
  }

  #close(): void {
    this.#store?.close();
    this.#client = null;
    this.#store = null;
  }

  /** Erase everything, whichever tab holds it; one that does not answer loses it all the same. */
  async erase(): Promise<void> {
    if (this.#lock.isHeld) {
      await this.#eraseHere();
      return;
    }
    this.#erasing = new Deferred();
    this.#channel.say("erase");
    await Promise.race([this.#erasing.promise, sleep(HANDOVER_SECONDS)]);
    await eraseStore(indexedDB, this.#start.store, randomBytes);
    tell({ kind: "erased" });
  }

  async #eraseHere(): Promise<void> {
    await this.#client?.stop();
    this.#close();
    await eraseStore(indexedDB, this.#start.store, randomBytes);
    this.#lock.release();
    this.#channel.say("erased");
    tell({ kind: "erased" });
  }

  async command(command: Command): Promise<void> {
    switch (command.kind) {
      case "start":
        await this.unlock(command.passphrase);
        return;
      case "takeOver":
        await this.takeOver();
        return;
      case "erase":
        await this.erase();
        return;
      case "checkHome":
        this.#homeId = command.homeId;
        await this.#client?.command(command);
        return;
      case "audioPorts":
        ports?.capture.close();
        ports?.playout.close();
        ports = { capture: command.capture, playout: command.playout };
        return;
      case "keep":
        await this.keep(command.passphrase);
        return;
      case "setPassphrase":
        // Never in clear where other files could read it.
        if (this.#isFile && command.passphrase === null) return;
        await this.#client?.command(command);
        return;
      case "prefer":
        frugality = command.frugality;
        return;
      case "invite":
      case "showInvitation":
      case "cancelInvitation":
      case "accept":
      case "rename":
      case "delete":
      case "call":
      case "answer":
      case "decline":
      case "hangUp":
      case "dismissEnded":
      case "mute":
      case "sasMatch":
      case "logSeen":
      case "explain":
      case "forgetCall":
      case "clearLog":
      case "useHome":
      case "showList":
      case "takeList":
        await this.#client?.command(command);
    }
  }
}

/** Take over what the first version of this page kept, under one name for the whole origin. */
function moveFormer(name: string): Promise<void> {
  const [former = name, door = ""] = name.split("/");
  return moveStore(indexedDB, former, name, randomBytes, (items) => isOfDoor(items, door));
}

function tell(notice: Notice): void {
  postMessage(notice);
}

function crash(error: unknown): void {
  console.error("unexpected:", error instanceof Error ? error.name : "no error");
  tell({ kind: "failed", words: "unexpected" });
}

let tab: Tab | null = null;

onmessage = ({ data }: MessageEvent<Command>): void => {
  if (tab !== null) {
    tab.command(data).catch(crash);
  } else if (data.kind === "start") {
    tab = new Tab(data);
    tab.begin().catch(crash);
  }
};
