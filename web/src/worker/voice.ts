/**
 * Run the sound of one call: speak, listen, report, and tell how it goes.
 *
 * The worklets give the rhythm: each captured frame is encoded, sealed and sent, each frame that the
 * playout wants is taken out of the jitter buffer. Timers would be throttled in a background tab.
 */

import { SFrameReceiver, SFrameSender } from "../crypto/sframe";
import { WireError } from "../errors";
import { Adaptation, LOOK } from "../media/adaptation";
import { type Mode, STANDARD } from "../media/modes";
import { Reporter } from "../media/report";
import { neededFrames } from "../platform/audioMessages";
import type { Pcm } from "../platform/opusDecoder";
import { type Report, parseAudioUntrusted } from "../wire/audio";
import type { Bytes } from "../wire/bytes";
import type { CallVoice, MediaKeys, VoiceHooks } from "./callVoice";
import { Level } from "./level";
import { Listening } from "./listening";
import { Speaking } from "./speaking";

export const TROUBLE_SECONDS = 0.5;
export const PROBE_EVERY_SECONDS = 2;
/** Frames kept that came before this side could open them: 2 s (spec/call.md §3). */
export const EARLY_FRAMES = 100;

/** The keys of one call, in use. */
interface Sealing {
  readonly sender: SFrameSender;
  readonly receiver: SFrameReceiver;
  readonly reporter: Reporter;
}

/** Carry the voices of one call between two worklet ports and its path. */
export class Voice implements CallVoice {
  readonly #adaptation: Adaptation;
  readonly #listening = new Listening();
  readonly #speaking: Speaking;
  readonly #theirs = new Level();
  #sealing: Sealing | null = null;
  #early: { readonly sealed: Bytes; readonly at: number }[] = [];
  #heardAt: number | null = null;
  #lookAt = 0;
  #silentTold = 0;
  #probeAt = 0;
  #isDoubled = false;
  #isConnected = false;
  #isStopped = false;
  #playing: Promise<void> = Promise.resolve();

  /**
   * `now` gives seconds of the monotonic clock. The ports are of this call alone. No larger mode than
   * `ceiling` is spoken.
   */
  constructor(
    private readonly capture: MessagePort,
    private readonly playout: MessagePort,
    private readonly hooks: VoiceHooks,
    private readonly now: () => number,
    ceiling: Mode = STANDARD,
  ) {
    this.#adaptation = new Adaptation(ceiling);
    this.#speaking = new Speaking(
      (plaintexts) => {
        this.#send(plaintexts);
      },
      () => {
        this.#fail();
      },
    );
    capture.onmessage = (event: MessageEvent<unknown>): void => {
      if (event.data instanceof ArrayBuffer) this.#captured(new Float32Array(event.data));
    };
    playout.onmessage = (event: MessageEvent<unknown>): void => {
      for (let wanted = neededFrames(event.data); wanted > 0; wanted -= 1) this.#play();
    };
  }

  receive(sealed: Bytes, now: number): void {
    if (this.#isStopped) return;
    if (this.#sealing === null) {
      this.#early.push({ sealed, at: now });
      if (this.#early.length > EARLY_FRAMES) this.#early.shift();
      return;
    }
    void this.#open(this.#sealing, sealed, now);
  }

  start(keys: MediaKeys): void {
    if (this.#sealing !== null || this.#isStopped) return;
    this.#sealing = {
      sender: new SFrameSender(keys.sendKey),
      receiver: new SFrameReceiver(keys.receiveKey),
      reporter: new Reporter(this.now()),
    };
    const early = this.#early;
    this.#early = [];
    for (const { sealed, at } of early) this.receive(sealed, at);
  }

  mute(muted: boolean): void {
    this.#speaking.muted = muted;
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#sealing = null;
    this.#early = [];
    this.capture.onmessage = null;
    this.playout.onmessage = null;
    this.capture.close();
    this.playout.close();
    this.#speaking.stop();
    this.#listening.close();
  }

  #fail(): void {
    if (this.#isStopped) return;
    this.stop();
    this.hooks.failed();
  }

  // Speaking

  #captured(samples: Pcm): void {
    const sealing = this.#sealing;
    if (sealing === null || this.#isStopped) return;
    const now = this.now();
    const missed = this.#speaking.turn(samples, this.#adaptation.mode, now);
    if (missed > 0) this.#adaptation.stoodStill(missed, now);
    if (sealing.reporter.isDue(now)) this.#report(sealing.reporter, now);
  }

  #send(plaintexts: readonly Bytes[]): void {
    const sealing = this.#sealing;
    if (sealing === null) return;
    void Promise.all(plaintexts.map((plaintext) => sealing.sender.seal(plaintext))).then(
      (packets) => {
        if (!this.#isStopped) this.hooks.send(packets);
      },
      () => {
        this.#fail();
      },
    );
  }

  #report(reporter: Reporter, now: number): void {
    const stats = this.#listening.stats();
    this.#speaking.report(reporter.make(stats, this.#speaking.t, now));
    if (!this.#isConnected) return;
    const { rttMs, remoteOnTime } = reporter;
    const quality = { ...stats, rttMs, mode: this.#speaking.mode.name, remoteOnTime };
    this.hooks.tell({ kind: "quality", quality });
  }

  // Listening

  async #open({ receiver, reporter }: Sealing, sealed: Bytes, now: number): Promise<void> {
    try {
      const plaintext = await receiver.openUntrusted(sealed);
      if (plaintext === null || this.#isStopped) return;
      const content = parseAudioUntrusted(plaintext);
      if (content.kind === "audio") this.#listening.put(content, now);
      this.#noteHeard(now);
      if (content.kind === "report") this.#noteReport(reporter, content, now);
    } catch (error) {
      // Noise from whoever sits in the middle.
      if (!(error instanceof WireError)) this.#fail();
    }
  }

  #noteHeard(now: number): void {
    this.hooks.heard();
    this.#adaptation.heard(now);
    this.#heardAt = now;
    this.#probeAt = 0;
    if (this.#silentTold === 0) return;
    this.#silentTold = 0;
    this.hooks.tell({ kind: "recovered" });
  }

  #noteReport(reporter: Reporter, report: Report, now: number): void {
    if (!reporter.hear(report, now)) return;
    const { remoteOnTime, remoteArrived } = reporter;
    if (remoteOnTime === null) return;
    this.#adaptation.heardReport(remoteOnTime, now, remoteArrived ?? remoteOnTime);
  }

  /** Give the playout its next frame; the frames stay in the order in which they were wanted. */
  #play(): void {
    if (this.#isStopped) return;
    const now = this.now();
    this.#playing = this.#playing.then(() => this.#listen(now));
    this.#watch(now);
  }

  async #listen(now: number): Promise<void> {
    const pcm = await this.#listening.turn(now);
    if (this.#isStopped) return;
    if (this.#listening.hasPlayed && !this.#isConnected) {
      this.#isConnected = true;
      this.hooks.tell({ kind: "connected" });
    }
    const theirs = this.#theirs.add(pcm);
    this.playout.postMessage(pcm.buffer, [pcm.buffer]);
    if (theirs === null || this.#sealing === null) return;
    const [yours, lost] = [this.#speaking.level.latest, this.#listening.takeLacked()];
    this.hooks.tell({ kind: "levels", theirs, yours, lost });
  }

  #watch(now: number): void {
    if (now >= this.#lookAt) {
      this.#lookAt = now + LOOK;
      this.#adaptation.senderDropped(this.hooks.droppedShare(), now);
    }
    this.#adaptation.received(this.#listening.stats(), now);
    if (this.#heardAt !== null) this.#noteSilence(now, now - this.#heardAt);
    if (this.#adaptation.isDoubled === this.#isDoubled) return;
    this.#isDoubled = this.#adaptation.isDoubled;
    this.hooks.wantSpare(this.#isDoubled);
  }

  /** Tell of silence at 500 ms, and again with each further 500 ms. */
  #noteSilence(now: number, silent: number): void {
    if (silent < TROUBLE_SECONDS) return;
    this.#adaptation.silent(now);
    const told = Math.floor(silent / TROUBLE_SECONDS);
    if (told <= this.#silentTold) return;
    if (now >= this.#probeAt) {
      // Again and again: a line may die after the silence began.
      this.#probeAt = now + PROBE_EVERY_SECONDS;
      this.hooks.probe();
    }
    this.#silentTold = told;
    this.hooks.tell({ kind: "trouble", silentMs: Math.round(silent * 1000) });
  }
}
