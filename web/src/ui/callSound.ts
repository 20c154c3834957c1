/**
 * Get the microphone for a call, keep to the devices that were chosen, and give them back.
 *
 * A chosen device that is gone is replaced by the system's own choice, and taken again when it
 * returns. Without any microphone the call goes on: its packets carry silence.
 */

import type { AudioGraph } from "../platform/audioGraph";
import type { Device, Devices } from "../platform/devices";
import { type Microphone, MicrophoneError, type MicrophoneFault } from "../platform/microphone";
import { microphoneKey } from "./failures";
import type { Key, Values } from "./words";

export type DeviceKind = keyof Choices;

/** What the person wants; null leaves it to the system. */
export interface Choices {
  readonly microphone: Device | null;
  readonly speaker: Device | null;
}

/** Something that happened to a device, in words. */
export interface DeviceNews {
  readonly key: Key;
  readonly values: Values;
}

/** The devices as the screens show them. */
export interface SoundState extends Devices {
  readonly choices: Choices;
  /** Why nothing is heard by us in this call; null while a microphone is open, or none wanted. */
  readonly fault: MicrophoneFault | null;
  /** The newest thing that happened in this call. */
  readonly news: DeviceNews | null;
}

export const NO_CHOICES: Choices = { microphone: null, speaker: null };
export const NO_DEVICES: SoundState = {
  microphones: [],
  speakers: [],
  choices: NO_CHOICES,
  fault: null,
  news: null,
};

/** What the sound of a call needs of the browser. */
export interface SoundBrowser {
  readonly openGraph: (microphone: string | null, gone: () => void) => Promise<AudioGraph>;
  readonly openMicrophone: (device: string | null, gone: () => void) => Promise<Microphone>;
  readonly listDevices: () => Promise<Devices>;
}

/** The sound of at most one call; whoever asks while it is being opened is not heard twice. */
export class CallSound {
  readonly #browser: SoundBrowser;
  readonly #tell: (state: SoundState) => void;
  #state: SoundState;
  #graph: AudioGraph | null = null;
  #speaker: string | null = null;
  #isOpening = false;
  /** The call for which the sound was opened has been seen. */
  #isUsed = false;
  #isSettling = false;
  #mustSettleAgain = false;
  /** What comes now was just asked for: no news to the person. */
  #isAsked = false;

  constructor(browser: SoundBrowser, choices: Choices, tell: (state: SoundState) => void) {
    this.#browser = browser;
    this.#tell = tell;
    this.#state = { ...NO_DEVICES, choices };
  }

  /** Open the microphone and give the ports; a fault says why not; null when it is being opened. */
  async open(): Promise<AudioGraph | MicrophoneFault | null> {
    if (this.#isOpening) return null;
    this.#isOpening = true;
    this.close();
    const wanted = this.#state.choices.microphone;
    try {
      const graph = await this.#browser.openGraph(wanted?.id ?? null, this.settle);
      this.#graph = graph;
      this.#isUsed = false;
      const { chosen, name } = graph.microphone();
      if (wanted !== null && chosen === null) this.#change({ news: gone(wanted.name, name) });
      // All is as it was wanted: no news to anybody.
      this.#isAsked = true;
      this.settle();
      return graph;
    } catch (error) {
      return faultOf(error);
    } finally {
      this.#isOpening = false;
    }
  }

  /** Open the chosen devices for a moment outside a call; whoever asks closes the graph. */
  async openForTest(): Promise<AudioGraph | MicrophoneFault> {
    const { choices } = this.#state;
    try {
      const graph = await this.#browser.openGraph(choices.microphone?.id ?? null, this.settle);
      this.settle();
      if (choices.speaker !== null) await graph.play(choices.speaker.id).catch(() => undefined);
      return graph;
    } catch (error) {
      return faultOf(error);
    }
  }

  /** Take notice whether a call goes on: after its end the microphone's light must go out. */
  follow(isInCall: boolean): void {
    if (isInCall) this.#isUsed = true;
    else if (this.#isUsed) this.close();
  }

  close(): void {
    if (this.#graph === null) return;
    this.#graph.close();
    this.#graph = null;
    this.#speaker = null;
    this.#isUsed = false;
    this.#change({ fault: null, news: null });
  }

  /** Use a device from now on, null for the system's own choice; tell what was chosen. */
  choose(kind: DeviceKind, id: string | null): Device | null {
    const { microphones, speakers, choices } = this.#state;
    const devices = kind === "microphone" ? microphones : speakers;
    const device = devices.find((each) => each.id === id) ?? null;
    this.#isAsked = true;
    this.#change({ choices: { ...choices, [kind]: device }, news: null });
    this.settle();
    return device;
  }

  /** Look which devices there are, and use those that are wanted of them; one look at a time. */
  readonly settle = (): void => {
    this.#mustSettleAgain = true;
    if (!this.#isSettling) void this.#settle();
  };

  async #settle(): Promise<void> {
    this.#isSettling = true;
    try {
      while (this.#mustSettleAgain) {
        this.#mustSettleAgain = false;
        const isAsked = this.#isAsked;
        this.#isAsked = false;
        this.#change(await this.#browser.listDevices());
        if (this.#graph === null) continue;
        await this.#settleMicrophone(this.#graph, isAsked);
        await this.#settleSpeaker(this.#graph, isAsked);
      }
    } finally {
      this.#isSettling = false;
    }
  }

  async #settleMicrophone(graph: AudioGraph, isAsked: boolean): Promise<void> {
    const { microphones, choices, fault } = this.#state;
    const wanted = presentId(choices.microphone, microphones);
    const before = graph.microphone();
    if (before.isLive() && before.chosen === wanted) return;
    try {
      const next = await this.#browser.openMicrophone(wanted, this.settle);
      if (this.#graph !== graph) {
        next.close();
        return;
      }
      graph.hear(next);
      const isBack = fault !== null || next.chosen !== null;
      const news = isBack ? now(next.name) : gone(before.name, next.name);
      this.#change({ fault: null, news: isAsked ? null : news });
    } catch (error) {
      if (this.#graph !== graph) return;
      const why = faultOf(error);
      const isHeard = before.isLive();
      const news = isHeard ? { key: microphoneKey(why), values: {} } : null;
      this.#change({ fault: isHeard ? null : why, news });
    }
  }

  async #settleSpeaker(graph: AudioGraph, isAsked: boolean): Promise<void> {
    const { speakers, choices } = this.#state;
    const wanted = presentId(choices.speaker, speakers);
    if (this.#graph !== graph || this.#speaker === wanted) return;
    try {
      await graph.play(wanted);
    } catch {
      // It went in this moment: the look at what is left follows.
      return;
    }
    if (this.#graph !== graph) return;
    this.#speaker = wanted;
    if (isAsked || choices.speaker === null) return;
    const { name } = choices.speaker;
    this.#change({
      news: wanted === null ? { key: "speaker.gone", values: { device: name } } : now(name),
    });
  }

  #change(change: Partial<SoundState>): void {
    this.#state = { ...this.#state, ...change };
    this.#tell(this.#state);
  }
}

function presentId(chosen: Device | null, devices: readonly Device[]): string | null {
  return devices.find(({ id }) => id === chosen?.id)?.id ?? null;
}

function gone(device: string, other: string): DeviceNews {
  return { key: "mic.gone", values: { device, other } };
}

function now(device: string): DeviceNews {
  return { key: "device.now", values: { device } };
}

function faultOf(error: unknown): MicrophoneFault {
  return error instanceof MicrophoneError ? error.fault : "busy";
}
