/**
 * Run the sound of one call: capture, seal and send; receive, open, wait and play.
 *
 * The worklets give the rhythm: each captured frame is sealed and sent, each frame that the playout
 * wants is taken out of the jitter buffer. Timers would be throttled in a background tab.
 */

import { SFrameReceiver, SFrameSender } from "../crypto/sframe";
import { WireError } from "../errors";
import { JitterBuffer } from "../media/jitterBuffer";
import { STANDARD } from "../media/modes";
import { Reporter } from "../media/report";
import { neededFrames } from "../platform/audioMessages";
import { OpusDecoder, type Pcm, silence } from "../platform/opusDecoder";
import { encodeAudio, encodeReport, parseAudioUntrusted } from "../wire/audio";
import type { Bytes } from "../wire/bytes";
import type { CallVoice, MediaKeys, VoiceHooks } from "./callVoice";
import { Level } from "./level";
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
  readonly since: number;
}

/** Carry the voices of one call between two worklet ports and its line. */
export class Voice implements CallVoice {
  readonly #jitter = new JitterBuffer();
  readonly #decoder = new OpusDecoder();
  readonly #speaking: Speaking;
  readonly #theirs = new Level();
  #sealing: Sealing | null = null;
  #early: { readonly sealed: Bytes; readonly at: number }[] = [];
  #heardAt: number | null = null;
  #silentTold = 0;
  #probeAt = 0;
  #hasPlayed = false;
  #lostSinceLevel = false;
  #stopped = false;
  #playing: Promise<void> = Promise.resolve();

  /** `now` gives seconds of the monotonic clock. The ports are of this call alone. */
  constructor(
    private readonly capture: MessagePort,
    private readonly playout: MessagePort,
    private readonly hooks: VoiceHooks,
    private readonly now: () => number,
  ) {
    this.#speaking = new Speaking(
      (opus, t, { code }) => {
        this.#send(encodeAudio({ t: t >>> 0, code, opus }));
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
    if (this.#stopped) return;
    if (this.#sealing === null) {
      this.#early.push({ sealed, at: now });
      if (this.#early.length > EARLY_FRAMES) this.#early.shift();
      return;
    }
    void this.#open(this.#sealing, sealed, now);
  }

  start(keys: MediaKeys): void {
    if (this.#sealing !== null || this.#stopped) return;
    const since = this.now();
    this.#sealing = {
      sender: new SFrameSender(keys.sendKey),
      receiver: new SFrameReceiver(keys.receiveKey),
      reporter: new Reporter(since),
      since,
    };
    const early = this.#early;
    this.#early = [];
    for (const { sealed, at } of early) this.receive(sealed, at);
  }

  mute(muted: boolean): void {
    this.#speaking.muted = muted;
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#sealing = null;
    this.#early = [];
    this.capture.onmessage = null;
    this.playout.onmessage = null;
    this.capture.close();
    this.playout.close();
    this.#speaking.stop();
    this.#decoder.close();
  }

  #fail(): void {
    if (this.#stopped) return;
    this.stop();
    this.hooks.failed();
  }

  // Speaking

  #captured(samples: Pcm): void {
    if (this.#sealing === null || this.#stopped) return;
    const now = this.now();
    this.#speaking.add(samples, now);
    this.#report(this.#sealing, now);
  }

  #send(plaintext: Bytes): void {
    const sealing = this.#sealing;
    if (sealing === null) return;
    void sealing.sender.seal(plaintext).then(
      (sealed) => {
        if (!this.#stopped) this.hooks.send([sealed]);
      },
      () => {
        this.#fail();
      },
    );
  }

  #report({ reporter }: Sealing, now: number): void {
    if (!reporter.isDue(now)) return;
    const stats = this.#jitter.stats();
    this.#send(encodeReport(reporter.make(stats, this.#speaking.t >>> 0, now), this.#speaking.mode.code));
    if (!this.#hasPlayed) return;
    const quality = {
      ...stats,
      rttMs: reporter.rttMs,
      mode: this.#speaking.mode.name,
      remoteOnTime: reporter.remoteOnTime,
    };
    this.hooks.tell({ kind: "quality", quality });
  }

  // Listening

  async #open({ receiver, reporter }: Sealing, sealed: Bytes, now: number): Promise<void> {
    try {
      const plaintext = await receiver.openUntrusted(sealed);
      if (plaintext === null || this.#stopped) return;
      const content = parseAudioUntrusted(plaintext);
      this.#noteHeard(now);
      if (content.kind === "report") reporter.hear(content, now);
      else if (content.code === STANDARD.code) this.#jitter.put(content.t, content.opus, STANDARD.slots, now);
    } catch (error) {
      // Noise from whoever sits in the middle.
      if (!(error instanceof WireError)) this.#fail();
    }
  }

  #noteHeard(now: number): void {
    this.hooks.heard();
    this.#heardAt = now;
    this.#probeAt = 0;
    if (this.#silentTold === 0) return;
    this.#silentTold = 0;
    this.hooks.tell({ kind: "recovered" });
  }

  /** Give the playout its next frame; the frames stay in the order in which they were wanted. */
  #play(): void {
    if (this.#stopped) return;
    const now = this.now();
    const wanted = this.#jitter.take(now, 0);
    let frame: Promise<Pcm>;
    switch (wanted.kind) {
      case "play":
        frame = this.#decoder.decode(wanted.opus, STANDARD.frameSamples);
        break;
      case "conceal":
        frame = this.#decoder.conceal();
        break;
      case "silence":
        frame = Promise.resolve(silence());
        break;
    }
    const isFirst = wanted.kind === "play" && !this.#hasPlayed;
    if (wanted.kind === "play") this.#hasPlayed = true;
    else if (this.#hasPlayed) this.#lostSinceLevel = true;
    this.#playing = Promise.all([this.#playing, frame]).then(([, pcm]) => {
      this.#played(pcm, isFirst);
    });
    this.#watch(now);
  }

  #played(pcm: Pcm, isFirst: boolean): void {
    if (this.#stopped) return;
    if (isFirst) this.hooks.tell({ kind: "connected" });
    const theirs = this.#theirs.add(pcm);
    this.playout.postMessage(pcm.buffer, [pcm.buffer]);
    if (theirs === null || this.#sealing === null) return;
    this.hooks.tell({ kind: "levels", theirs, yours: this.#speaking.level.latest, lost: this.#lostSinceLevel });
    this.#lostSinceLevel = false;
  }

  /** Tell of silence at 500 ms, and again with each further 500 ms. */
  #watch(now: number): void {
    if (this.#heardAt === null) return;
    const silent = now - this.#heardAt;
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
