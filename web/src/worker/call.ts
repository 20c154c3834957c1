/** Run one call: its state machine, its seat in a room, and its voice (spec/call.md). */

import { WireError } from "../errors";
import type { CallEvent, EndReason, SendEnvelope } from "../protocol/callEvents";
import type { Callee } from "../protocol/callee";
import type { Contact } from "../protocol/contact";
import type { Bytes } from "../wire/bytes";
import { joinRoomBody, splitRoomBodyUntrusted } from "../wire/call";
import { RoomBody } from "../wire/codes";
import type { Join } from "../wire/relay";
import { Status } from "../wire/status";
import { Deferred, Queue, within } from "./async";
import { CallPath, ignoringNetwork, late } from "./callPath";
import type { CallMeans, Machine, MachineStep, Phase } from "./callPost";
import type { CallVoice, MediaKeys, VoiceEvent } from "./callVoice";
import { failureName } from "./failures";
import { Glare } from "./glare";
import { ceilingOf } from "./frugality";
import type { Failure } from "./messages";
import { Story } from "./story";

const STEPS_MOST = 1024;

/** One call, from the first ring to the end. What makes no sense now is ignored. */
export class Call {
  readonly contact: Contact;
  readonly direction: "in" | "out";
  /** When it began: of the monotonic clock, and in Unix seconds. */
  readonly beganAt: number;
  readonly beganUnix: number;
  /** Somebody here decided on it already: it need not be announced. */
  isTaken = false;
  /** Unix milliseconds when the other side last said that it goes another way to the home. */
  movedAt: number | null = null;
  /** Its name, and in glare also that of the offer which gave way. */
  readonly callIds: Bytes[] = [];
  /** What this side sees of it. */
  readonly story: Story;
  readonly #means: CallMeans;
  /** The code of the mode that this side speaks first. */
  readonly #firstMode: number;
  #machine: Machine;
  readonly path: CallPath;
  readonly glare: Glare;
  readonly #steps = new Queue<MachineStep>(STEPS_MOST);
  #phase: Phase;
  #reason: EndReason = "failed";
  #hasRung = false;
  #sas: readonly number[] | null = null;
  #silentMs: number | null = null;
  #isMuted = false;
  #connectedAt: number | null = null;
  #voice: CallVoice | null = null;
  #seatAsked = new Deferred<void>();
  readonly #over = new Deferred<void>();

  constructor(contact: Contact, machine: Machine, join: Join, means: CallMeans) {
    this.contact = contact;
    this.#machine = machine;
    this.callIds.push(machine.callId);
    this.#means = means;
    this.#firstMode = ceilingOf(means.frugality).code;
    this.path = new CallPath(means.line, join, this);
    this.glare = new Glare(this.path, means.clock, (status) => { this.#seatAnswered(status); });
    this.direction = machine.role === "caller" ? "out" : "in";
    this.#phase = this.direction === "out" ? { kind: "calling", step: "line" } : { kind: "asking" };
    this.beganAt = means.clock.now();
    this.beganUnix = means.clock.unix();
    this.story = new Story(this.direction === "out" ? "reached" : "came", this.beganAt);
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** This side's number for the call's room on its line. */
  get handle(): number {
    return this.path.handle;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get sas(): readonly number[] | null {
    return this.#sas;
  }

  /** Milliseconds of silence while the other side cannot be heard. */
  get silentMs(): number | null {
    return this.#silentMs;
  }

  get isMuted(): boolean {
    return this.#isMuted;
  }

  /** Why the home cannot be reached now; null when it can. */
  get failure(): Failure | null {
    const { line } = this.#means;
    return line.isOpen ? null : failureName(line.failure);
  }

  /** Tell whether a person here has seen this call. */
  get wasShown(): boolean {
    return this.direction === "out" || this.#hasRung;
  }

  /** Wait for the end. */
  ended(): Promise<void> {
    return this.#over.promise;
  }

  // For the person

  /** Pick up an incoming call that rings. */
  answer(): void {
    const machine = this.#machine;
    if (machine.role !== "callee" || !machine.isRinging) return;
    this.isTaken = true;
    this.#prepareVoice();
    this.#show({ kind: "connecting", step: "lock" });
    this.step((now) => machine.answer(this.#firstMode, now));
  }

  /** Say no to an incoming call. */
  decline(): void {
    const machine = this.#machine;
    if (machine.role === "callee") this.step(() => machine.decline());
  }

  /** End the call, or cancel it while it rings. */
  hangUp(): void {
    this.step(() => this.#machine.hangUp());
  }

  mute(muted: boolean): void {
    this.#isMuted = muted;
    this.#voice?.mute(muted);
    this.#means.post.callChanged(this);
  }

  // For the client

  /** Let the state machine take something in, in the order of arrival. */
  step(step: MachineStep): void {
    this.#steps.put(step);
  }

  /** Answer their call in place of our own offer, once they say that they are there. */
  yieldTo(theirs: Callee, handle: number): void {
    this.step(() => this.glare.ask(this.#machine, theirs, handle));
  }

  async #judgeGlare(): Promise<CallEvent[]> {
    const theirs = await this.glare.judge(this.#machine);
    if (theirs === null) return [];
    this.#machine = theirs;
    this.callIds.push(theirs.callId);
    this.#show({ kind: "connecting", step: "lock" });
    return theirs.answer(this.#firstMode, this.#means.clock.now());
  }

  /** Take the body of a room control from the other seat. */
  roomBody(body: Bytes): void {
    try {
      const [kind, content] = splitRoomBodyUntrusted(body);
      if (kind === RoomBody.ENVELOPE) this.#means.post.cameThroughRoom(this, content);
      else this.step((now) => this.#control(content, now));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
  }

  async #control(sealed: Bytes, now: number): Promise<CallEvent[]> {
    try {
      return await (this.glare.isAsking ? this.glare : this.#machine).controlUntrusted(sealed, now);
    } catch (error) {
      // Noise from whoever sits in the middle; it cannot end a call.
      if (error instanceof WireError) return [];
      throw error;
    }
  }

  /** Note whether the home's line is open. */
  lineChanged(): void {
    if (!this.#machine.isOver) this.story.line(this.#means.line.isOpen, this.#means.clock.now());
  }

  /** Tell the far side that this one goes another way, and no more (ADR 0020). */
  moved(): void {
    this.step((now) => this.#machine.moved(now));
  }

  unexpected(error: unknown): void {
    this.#means.post.unexpected(error);
  }

  /** Take sealed frames from the other seat, by either line. */
  media(frames: readonly Bytes[]): void {
    const at = this.#means.clock.now();
    for (const frame of frames) this.#voice?.receive(frame, at);
  }

  /** Take the seat (again): a new line, or a restarted home, knows nothing of it. */
  async takeSeat(): Promise<void> {
    this.#seatAnswered(await this.path.sitDown());
  }

  #seatAnswered(status: Status): void {
    if (status !== Status.OK) {
      const reason = status === Status.QUOTA ? "unreachable" : "failed";
      this.step(() => (this.glare.isAsking ? this.glare.cancelled() : this.#machine.fail(reason)));
    }
    this.#seatAsked.resolve();
  }

  /** Run the call to its end; never throws for what networks and peers do. */
  async run(): Promise<void> {
    const { line, post } = this.#means;
    line.urgent = true;
    try {
      ignoringNetwork(this.takeSeat()).catch((error: unknown) => {
        post.unexpected(error);
      });
      await this.#decide();
    } catch (error) {
      // A bug of ours ends this call and no other.
      post.unexpected(error);
      await this.#lastly(async () => this.#do(await this.#machine.fail("failed")));
    } finally {
      line.urgent = false;
      this.#voice?.stop();
      this.#voice = null;
      this.path.wantSpare(false);
      this.#end();
      await this.#lastly(async () => {
        await this.path.leave();
        await post.callEnded(this);
      });
      this.#over.resolve();
    }
  }

  /** Do one of the last things: that it failed is told, and the others are done all the same. */
  async #lastly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#means.post.unexpected(error);
    }
  }

  async #decide(): Promise<void> {
    const { clock } = this.#means;
    const machine = this.#machine;
    if (machine.role === "caller") {
      this.#prepareVoice();
      await this.#do(machine.begin());
    } else {
      // The first question goes through the room; an offer that gets too old meanwhile ends.
      const patience = Math.max(0, machine.giveUpAt - clock.now());
      await ignoringNetwork(within(patience, this.#seatAsked.promise, late));
    }
    while (!this.#machine.isOver) {
      const due = Math.min(this.#machine.nextDeadline(), this.glare.nextDeadline());
      const step = (await this.#steps.takeWithin(due - clock.now())) ?? this.#expire;
      const events = await step(clock.now());
      await this.#do([...events, ...(await this.#judgeGlare())]);
    }
  }

  readonly #expire: MachineStep = async (now) => {
    return [...(await this.#machine.expire(now)), ...(await this.glare.expire(now))];
  };

  async #do(events: readonly CallEvent[]): Promise<void> {
    for (const event of events) {
      switch (event.event) {
        case "sendEnvelope":
          await this.#sendEnvelope(event);
          break;
        case "sendControl":
          await this.path.tell(event.body);
          break;
        case "rang":
          this.#rang();
          break;
        case "mediaOpened":
          this.#openMedia(event);
          break;
        case "sasReady":
          this.#sas = event.indices;
          this.#means.post.callChanged(this);
          break;
        case "moved":
          this.movedAt = this.#means.clock.unix() * 1000;
          this.#means.post.callChanged(this);
          break;
        case "ended":
          this.#reason = event.reason;
          break;
      }
    }
  }

  async #sendEnvelope(event: SendEnvelope): Promise<void> {
    const envelope = await this.#means.post.sealForCall(this, event);
    if (event.inRoom && envelope !== null) {
      await this.path.tell(joinRoomBody(RoomBody.ENVELOPE, envelope));
    }
  }

  #rang(): void {
    this.#hasRung = true;
    this.story.note("rang", this.#means.clock.now());
    if (this.direction === "out") this.#show({ kind: "calling", step: "ring" });
    else if (!this.isTaken) this.#show({ kind: "incoming" });
    // We were about to call them: both want to talk (spec/call.md §6).
    else this.answer();
  }

  /**
   * Make the voice as soon as somebody here wants to talk: it keeps frames that come early, and
   * throws away what the microphone gives before the call is answered.
   */
  #prepareVoice(): void {
    const { post, makeVoice } = this.#means;
    this.#voice ??= makeVoice({
      send: (packets) => {
        this.path.sendMedia(packets);
      },
      droppedShare: () => this.path.droppedShare(),
      wantSpare: (wanted) => {
        this.path.wantSpare(wanted && !this.#means.frugality.isCareful);
      },
      heard: this.#heard,
      tell: this.#voiceTold,
      probe: () => {
        this.path.probe().catch((error: unknown) => {
          post.unexpected(error);
        });
      },
      failed: () => {
        this.step(() => this.#machine.fail("failed"));
      },
    });
    this.#voice?.mute(this.#isMuted);
  }

  #openMedia(keys: MediaKeys): void {
    this.story.note("locked", this.#means.clock.now());
    this.#show({ kind: "connecting", step: "sound" });
    this.#prepareVoice();
    if (this.#voice === null) this.step(() => this.#machine.fail("failed"));
    else this.#voice.start(keys);
  }

  readonly #heard = (): void => {
    const due = this.#machine.nextDeadline();
    this.#machine.heard(this.#means.clock.now());
    // The alarm clock of the reveal was set: sleep no longer than it.
    if (this.#machine.nextDeadline() < due) this.step(() => []);
  };

  readonly #voiceTold = (event: VoiceEvent): void => {
    const { clock, post } = this.#means;
    this.story.heard(event, clock.now());
    switch (event.kind) {
      case "connected":
        this.#connectedAt ??= clock.now();
        this.#show({ kind: "talking", since: clock.unix() * 1000 });
        return;
      case "trouble":
        this.#silentMs = event.silentMs;
        post.callChanged(this);
        return;
      case "recovered":
        this.#silentMs = null;
        post.callChanged(this);
        return;
      case "quality":
      case "levels":
        post.voiceTold(event);
    }
  };

  #end(): void {
    const began = this.#connectedAt;
    const now = this.#means.clock.now();
    const durationS = began === null ? 0 : Math.round(now - began);
    this.story.end(now);
    this.#show({ kind: "ended", reason: this.#reason, durationS });
  }

  #show(phase: Phase): void {
    this.#phase = phase;
    this.#means.post.callChanged(this);
  }
}
