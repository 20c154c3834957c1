/** A person at a page: a whole client with a store in memory, a real line, and a made-up voice. */

import { IDBFactory } from "fake-indexeddb";
import { WebSocket } from "ws";

import { SFrameReceiver, SFrameSender } from "../../src/crypto/sframe";
import { STANDARD } from "../../src/media/modes";
import { deviceClock } from "../../src/platform/clock";
import { randomBytes } from "../../src/platform/randomness";
import { type Item, type Kind, Store } from "../../src/platform/store";
import { type RawSocket, webOver } from "../../src/platform/websocket";
import { encodeAudio } from "../../src/wire/audio";
import type { Bytes } from "../../src/wire/bytes";
import type { CallVoice, MakeVoice, VoiceHooks } from "../../src/worker/callVoice";
import { GENEROUS } from "../../src/worker/frugality";
import { Client, type ClientCommand } from "../../src/worker/client";
import type { CallView, ClientView, ContactView, Notice } from "../../src/worker/messages";

const PATIENCE_MS = 15_000;
const STORE = "hamseda";
const CLOSE_MS = 1000;

/** One connection of a network: what was sent on it, and whether it stands still. */
export class Wire {
  /** Where it leads. */
  readonly url: string;
  readonly sent: Bytes[] = [];
  /** Nothing passes, and nothing breaks. */
  isStill = false;
  isOpen = false;

  constructor(url: string) {
    this.url = url;
  }
}

/** The network through the `ws` library: Node 20 has no WebSocket of its own. */
export class Network {
  readonly wires: Wire[] = [];
  readonly web = webOver((url) => {
    const wire = new Wire(url);
    this.wires.push(wire);
    return open(url, wire);
  });

  /** List the connections that are open. */
  get open(): readonly Wire[] {
    return this.wires.filter(({ isOpen }) => isOpen);
  }
}

function open(url: string, wire: Wire): RawSocket {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.binaryType = "arraybuffer";
  const raw: RawSocket = {
    binaryType: "arraybuffer",
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    onopen: null,
    onclose: null,
    onmessage: null,
    send: (data) => {
      if (wire.isStill) return;
      wire.sent.push(data);
      socket.send(data);
    },
    close: () => {
      wire.isOpen = false;
      socket.close();
      // A browser gives up on a silent home as well.
      setTimeout(() => {
        socket.terminate();
      }, CLOSE_MS).unref();
    },
  };
  socket.on("open", () => {
    wire.isOpen = true;
    raw.onopen?.();
  });
  socket.on("close", () => {
    wire.isOpen = false;
    raw.onclose?.();
  });
  socket.on("message", (data) => {
    if (!wire.isStill) raw.onmessage?.({ data });
  });
  socket.on("error", () => undefined);
  return raw;
}

/** Speak made-up packets of the right size, and count what is understood. */
class MadeUpVoice implements CallVoice {
  understood = 0;
  readonly #hooks: VoiceHooks;
  #receiver: SFrameReceiver | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #t = 0;

  constructor(hooks: VoiceHooks) {
    this.#hooks = hooks;
  }

  start(keys: { readonly sendKey: Bytes; readonly receiveKey: Bytes }): void {
    this.#receiver = new SFrameReceiver(keys.receiveKey);
    const sender = new SFrameSender(keys.sendKey);
    this.#timer = setInterval(() => {
      const opus = new Uint8Array(STANDARD.opusBytes).fill(0x55);
      opus[0] = 0x78;
      const plaintext = encodeAudio({ t: this.#t, code: STANDARD.code, opus });
      this.#t += STANDARD.frameSamples;
      void sender.seal(plaintext).then((sealed) => {
        this.#hooks.send([sealed]);
      });
    }, STANDARD.frameMs);
  }

  receive(sealed: Bytes): void {
    void this.#receiver?.openUntrusted(sealed).then((plaintext) => {
      if (plaintext === null) return;
      this.understood += 1;
      this.#hooks.heard();
      if (this.understood === 1) this.#hooks.tell({ kind: "connected" });
    });
  }

  /** Say that nothing was heard for half a second. */
  trouble(): void {
    this.#hooks.tell({ kind: "trouble", silentMs: 500 });
    this.#hooks.wantSpare(true);
    this.#hooks.probe();
  }

  mute(): void {
    // A made-up voice has nothing to keep back.
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

export class Person {
  readonly notices: Notice[] = [];
  /** How often a call went off the screen without its end: nobody could say what happened to it. */
  vanished = 0;
  voice: MadeUpVoice | null = null;
  frugality = GENEROUS;
  readonly network = new Network();
  readonly #address: string;
  #factory: IDBFactory;
  #client: Client | null = null;
  #store: Store | null = null;
  #wake: (() => void)[] = [];

  private constructor(address: string, factory: IDBFactory) {
    this.#address = address;
    this.#factory = factory;
  }

  /** Open the page for the first time. */
  static async open(address: string): Promise<Person> {
    const person = new Person(address, new IDBFactory());
    await person.#open();
    return person;
  }

  async #open(items: readonly Item[] = []): Promise<void> {
    const options = { name: STORE, passphrase: null, factory: this.#factory, rng: randomBytes };
    this.#store = await Store.open(options);
    await this.#store.commit(items.map((item) => ({ ...item, kind: kindOf(item) })));
    const makeVoice: MakeVoice = (hooks) => {
      this.voice = new MadeUpVoice(hooks);
      return this.voice;
    };
    this.#client = await Client.open({
      address: this.#address,
      linkHomeId: null,
      shelf: this.#store,
      web: this.network.web,
      clock: deviceClock,
      rng: randomBytes,
      makeVoice,
      frugality: () => this.frugality,
      tell: (notice) => {
        this.#watch(notice);
        this.notices.push(notice);
        for (const wake of this.#wake) wake();
        this.#wake = [];
      },
    });
  }

  #watch(notice: Notice): void {
    if (notice.kind !== "view") return;
    const before = this.notices.findLast((each) => each.kind === "view");
    const shown = before?.kind === "view" ? before.view.call : null;
    if (shown !== null && shown.kind !== "ended" && notice.view.call === null) this.vanished += 1;
  }

  /** Reload the page: everything in memory is gone, without a word to anybody. */
  async reload(): Promise<void> {
    this.leave();
    this.notices.length = 0;
    await this.#open();
  }

  /** Copy all that the disk holds. */
  async backup(): Promise<Item[]> {
    return (await this.#store?.items()) ?? [];
  }

  /** Come back with an old copy of the disk. */
  async restore(items: readonly Item[]): Promise<void> {
    this.leave();
    this.notices.length = 0;
    this.#factory = new IDBFactory();
    await this.#open(items);
  }

  /** Close the page without a word. */
  leave(): void {
    this.voice?.stop();
    this.#client?.abandon();
    this.#store?.close();
  }

  do(command: ClientCommand): void {
    void this.#client?.command(command);
  }

  get view(): ClientView {
    const found = this.notices.findLast((notice) => notice.kind === "view");
    if (found?.kind !== "view") throw new Error("nothing was drawn yet");
    return found.view;
  }

  /** Wait until a notice of this kind has come, and take it. */
  async notice<Kind extends Notice["kind"]>(kind: Kind): Promise<Extract<Notice, { kind: Kind }>> {
    let taken: Extract<Notice, { kind: Kind }> | undefined;
    await this.#until(`a notice ${kind}`, () => {
      const at = this.notices.findIndex((notice) => notice.kind === kind);
      const found = this.notices[at];
      if (found === undefined || !isKind(found, kind)) return false;
      this.notices.splice(at, 1);
      taken = found;
      return true;
    });
    if (taken === undefined) throw new Error("unreachable");
    return taken;
  }

  /** Wait until the view is as wanted. */
  async sees(what: string, test: (view: ClientView) => boolean): Promise<ClientView> {
    await this.#until(what, () => test(this.view));
    return this.view;
  }

  /** Wait until the call is shown in this way. */
  async call<Kind extends CallView["kind"]>(kind: Kind): Promise<Extract<CallView, { kind: Kind }>> {
    const { call } = await this.sees(`a call ${kind}`, (view) => view.call?.kind === kind);
    if (call === null || !isKind(call, kind)) throw new Error("unreachable");
    return call;
  }

  /** Give the only contact, once there is one that can be called. */
  async friend(): Promise<ContactView> {
    const view = await this.sees("a contact", ({ contacts }) =>
      contacts.some(({ standing }) => standing === "confirmed"),
    );
    const found = view.contacts.find(({ standing }) => standing === "confirmed");
    if (found === undefined) throw new Error("unreachable");
    return found;
  }

  async #until(what: string, test: () => boolean): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    while (!test()) {
      if (Date.now() > until) {
        const last = JSON.stringify(this.notices.slice(-3));
        throw new Error(`waited in vain for ${what}; last: ${last}`);
      }
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, 100);
        this.#wake.push(() => {
          clearTimeout(late);
          resolve();
        });
      });
    }
  }
}

function isKind<T extends { readonly kind: string }, Kind extends T["kind"]>(
  value: T,
  kind: Kind,
): value is Extract<T, { kind: Kind }> {
  return value.kind === kind;
}

function kindOf({ kind }: Item): Kind {
  const kinds = ["home", "way", "invitation", "contact", "outbox", "seen", "call", "log"] as const;
  const found = kinds.find((known) => known === kind);
  if (found === undefined) throw new Error(`an item of kind ${kind}`);
  return found;
}

/** Let two people become contacts. */
export async function befriend(ali: Person, bahar: Person): Promise<void> {
  ali.do({ kind: "invite", name: "Bahar" });
  const { link } = await ali.notice("invitation");
  bahar.do({ kind: "accept", link, name: "Ali" });
  await Promise.all([ali.notice("accepted"), bahar.notice("accepted")]);
  await Promise.all([ali.friend(), bahar.friend()]);
}
