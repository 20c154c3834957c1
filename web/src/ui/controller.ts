/** Join the screens with the Worker, the microphone, the bell and the browser's own events. */

import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { openAudioGraph } from "../platform/audioGraph";
import { listDevices, watchDevices } from "../platform/devices";
import { openMicrophone } from "../platform/microphone";
import { askToNotify, notify, notifyState } from "../platform/notifications";
import { isOtherBuild, type Keeper } from "../platform/keeper";
import { askToKeep } from "../platform/persistence";
import type { CallView, Command, Notice } from "../worker/messages";
import type { Announcement } from "./announcements";
import { isFile, readFragment } from "./address";
import { CallSound, type DeviceKind } from "./callSound";
import { takeFragment } from "./fragment";
import type { Event, Wish } from "./model";
import type { Page } from "./page";
import {
  forgetPreferences,
  rememberDevice,
  rememberedDevices,
  rememberedLanguage,
  rememberedPreferences,
  rememberLanguage,
  rememberPreferences,
  type Preferences,
} from "./preferences";
import { startRinging } from "./ringing";
import { Screens } from "./screens";
import { SoundTest, type SoundTestState } from "./soundTest";
import { type Language, say } from "./words";

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
/** A browser that already has the permission answers sooner, and nothing flashes up. */
const ASK_SHOWN_AFTER_MS = 500;

/** What the controller drives: the Worker, or nothing on an insecure page. */
export interface Client {
  postMessage(command: Command, transfer: Transferable[]): void;
}

/** The page that the screens use; made once. */
export class Controller implements Page {
  readonly address: string;
  readonly screens: Screens;
  readonly #language = signal<Language>(rememberedLanguage(navigator.languages));
  readonly #preferences = signal<Preferences>(rememberedPreferences());
  readonly #notifies = signal(notifyState());
  readonly #now = signal(Date.now());
  readonly #sound: CallSound;
  readonly #store: string;
  readonly #client: Client | null;
  readonly #keeper: Keeper;
  /** The home's identity, as the link says that was opened. */
  #homeId: string | null = null;
  #stopRinging: (() => void) | null = null;
  #stopNotifying: (() => void) | null = null;

  /** `store` names the store of this window's person. */
  constructor(address: string, store: string, client: Client | null, keeper: Keeper) {
    this.address = address;
    this.#store = store;
    this.#client = client;
    this.#keeper = keeper;
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.screens = new Screens(this.#language, () => Date.now(), () => calm.matches);
    this.#sound = new CallSound(
      { openGraph: openAudioGraph, openMicrophone, listDevices },
      rememberedDevices(),
      (sound) => {
        this.dispatch({ kind: "sound", sound });
      },
    );
  }

  get language(): ReadonlySignal<Language> {
    return this.#language;
  }

  get preferences(): Page["preferences"] {
    return this.#preferences;
  }

  get notifies(): Page["notifies"] {
    return this.#notifies;
  }

  get now(): Page["now"] {
    return this.#now;
  }

  get ring(): Page["ring"] {
    return this.screens.ring;
  }

  get quality(): Page["quality"] {
    return this.screens.quality;
  }

  get canVerify(): Page["canVerify"] {
    return this.screens.canVerify;
  }

  get sent(): Page["sent"] {
    return this.screens.sent;
  }

  /** Begin, with the fragment that the address had. */
  start(fragment: string): void {
    this.#watch();
    if (this.#client === null) {
      this.dispatch({ kind: "insecure" });
      return;
    }
    this.#open(fragment);
    addEventListener("hashchange", () => {
      this.#open(takeFragment());
      if (this.#homeId !== null) this.send({ kind: "checkHome", homeId: this.#homeId });
    });
    this.unlock(null);
    this.#sendFrugality();
  }

  unlock = (passphrase: string | null): void => {
    const [address, store, homeId] = [this.address, this.#store, this.#homeId];
    this.send({ kind: "start", address, store, passphrase, homeId });
  };

  send = (command: Command): void => {
    const ports = command.kind === "audioPorts" ? [command.capture, command.playout] : [];
    this.#client?.postMessage(command, ports);
  };

  dispatch = (event: Event): void => {
    this.screens.dispatch(event);
  };

  announce = (announcement: Announcement): void => {
    this.screens.announce(announcement);
  };

  speak = (language: Language): void => {
    rememberLanguage(language);
    this.#language.value = language;
  };

  prefer = (change: Partial<Preferences>): void => {
    const preferences = { ...this.#preferences.value, ...change };
    this.#preferences.value = preferences;
    rememberPreferences(preferences);
    this.#sendFrugality();
  };

  #sendFrugality(): void {
    const { isCareful, dataUse } = this.#preferences.value;
    this.send({ kind: "prefer", frugality: { isCareful, dataUse } });
  }

  askToNotify = (): void => {
    void askToNotify().then((state) => {
      this.#notifies.value = state;
      if (state === "granted") this.prefer({ notifies: true });
    });
  };

  testSound = (tell: (state: SoundTestState) => void): (() => void) => {
    const test = new SoundTest(tell);
    void this.#sound.openForTest().then((opened) => {
      if (typeof opened === "string") test.fail(opened);
      else test.begin(opened);
    });
    return () => {
      test.stop();
    };
  };

  choose = (kind: DeviceKind, id: string | null): void => {
    rememberDevice(kind, this.#sound.choose(kind, id));
  };

  wish = (wish: Wish): void => {
    if (wish.kind === "call" && !this.screens.model.value.online) {
      this.announce({ tone: "alert", key: "net.off" });
      return;
    }
    void this.#fulfil(wish);
  };

  /** Take what the Worker says. */
  notice(notice: Notice): void {
    this.screens.notice(notice);
    if (notice.kind === "reach") void this.#keeper.allow(notice.sources);
    if (notice.kind === "homePage" && isOtherBuild(notice.build)) this.dispatch({ kind: "older" });
    if (notice.kind === "erased") {
      forgetPreferences();
      void this.#startAnew();
    }
    // From the first contact on there is something to lose.
    if (notice.kind === "accepted") void askToKeep(navigator.storage);
    if (notice.kind === "failed" && !this.#isInCall()) this.#sound.close();
    if (notice.kind === "view") this.#sound.follow(this.#isInCall());
  }

  reload = (): void => {
    // Whoever pressed it sees no call; one may have come in since.
    if (this.#isInCall()) return;
    void this.#keeper.renew().then(() => {
      this.reopen();
    });
  };

  reopen = (): void => {
    if (!this.#isInCall()) location.reload();
  };

  isKept = (): boolean => this.#keeper.isKept;

  async #startAnew(): Promise<void> {
    try {
      await this.#keeper.forget(isSecureContext ? caches : undefined);
    } finally {
      location.reload();
    }
  }

  async #fulfil(wish: Wish): Promise<void> {
    const asking = setTimeout(() => {
      this.dispatch({ kind: "microphone", state: { kind: "asking", wish } });
    }, ASK_SHOWN_AFTER_MS);
    const opened = await this.#sound.open();
    clearTimeout(asking);
    if (opened === null) return;
    if (typeof opened === "string") {
      this.dispatch({ kind: "microphone", state: { kind: "refused", fault: opened, wish } });
      return;
    }
    this.dispatch({ kind: "microphone", state: { kind: "unasked" } });
    if (!this.#isStillWanted(wish)) {
      this.#sound.close();
      return;
    }
    const { capture, playout } = opened;
    this.send({ kind: "audioPorts", capture, playout });
    this.send(wish.kind === "call" ? wish : { kind: "answer" });
  }

  /** While the browser asked, a ringing may have ended, and another call may have begun. */
  #isStillWanted(wish: Wish): boolean {
    const call = this.#call();
    return wish.kind === "answer" ? call?.kind === "incoming" : !this.#isInCall();
  }

  #call(): CallView | null {
    const { gate } = this.screens.model.value;
    return gate.kind === "open" ? gate.view.call : null;
  }

  #isInCall(): boolean {
    const call = this.#call();
    return call !== null && call.kind !== "ended";
  }

  #open(fragment: string): void {
    const opened = readFragment(this.address, fragment);
    switch (opened.kind) {
      case "nothing":
        return;
      case "home":
        this.#homeId = opened.homeId;
        if (isFile(this.address)) this.send({ kind: "useHome", link: opened.link });
        return;
      case "invitation":
        this.#accept(opened.link, null);
        return;
      case "altered":
        // A messenger may have cut it: an empty page would say nothing of that.
        this.#accept(opened.link, "altered");
    }
  }

  #accept(link: string, fault: "altered" | null): void {
    this.dispatch({ kind: "go", place: { kind: "accepting", link, asked: false, fault } });
  }

  #watch(): void {
    const online = (): void => {
      this.dispatch({ kind: "online", online: navigator.onLine });
    };
    addEventListener("online", online);
    addEventListener("offline", online);
    online();
    watchDevices(this.#sound.settle);
    this.#sound.settle();
    setInterval(() => {
      const now = Date.now();
      if (this.#call() !== null || now - this.#now.peek() >= MINUTE_MS) this.#now.value = now;
    }, SECOND_MS);
    effect(() => {
      const { gate, silenced } = this.screens.model.value;
      this.#now.value = Date.now();
      const call = gate.kind === "open" ? gate.view.call : null;
      this.#bell(call?.kind === "incoming" && !silenced);
      this.#notify();
    });
    document.addEventListener("visibilitychange", this.#notify);
    effect(() => {
      document.documentElement.dataset["theme"] = this.#preferences.value.theme;
    });
  }

  #bell(rings: boolean): void {
    if (rings) {
      this.#stopRinging ??= startRinging();
      return;
    }
    this.#stopRinging?.();
    this.#stopRinging = null;
  }

  /** Tell of a caller while the page is hidden, without the name unless the person wants it said. */
  readonly #notify = (): void => {
    const call = this.#call();
    const { notifies, namesCaller } = this.#preferences.peek();
    if (call?.kind !== "incoming" || !notifies || !document.hidden) {
      this.#stopNotifying?.();
      this.#stopNotifying = null;
      return;
    }
    const [language, values] = [this.#language.peek(), { name: call.contact.name }];
    const title = namesCaller ? say(language, "incoming.title", values) : say(language, "incoming.plain");
    this.#stopNotifying ??= notify(title);
  };
}
