/**
 * Keep one line to the home open, ask it things, and hand on what it pushes.
 *
 * The keeper reconnects by itself, one attempt at a time over all lines, and calls `lineOpened` after
 * each handshake so that subscriptions and rooms are taken again. A request that was under way when
 * the line broke fails with `NetworkError`; whoever asked decides whether to ask again.
 */

import { type Records, clientStart } from "../crypto/line";
import type { Rng } from "../crypto/keySchedule";
import { NetworkError, WireError } from "../errors";
import type { Clock } from "../platform/clock";
import type { Socket, Web } from "../platform/websocket";
import { YOUNG_SECONDS, type Urgency } from "../protocol/ladder";
import type { Bytes } from "../wire/bytes";
import { RecordType } from "../wire/codes";
import { type Hello, MEDIA, Ping, type Reply } from "../wire/line";
import { encodeMedia } from "../wire/media";
import { type Request, encodeMessage, parsePushUntrusted } from "../wire/messages";
import type { RoomControl } from "../wire/relay";
import { Deferred, Mutex, sleep, within } from "./async";
import { type Dialled, Dialler, type Way } from "./dialler";
import type { HomeDirectory } from "./homes";
import { late, lineFailure, mute } from "./lineFailures";
import type { Asking, LineListener } from "./lineListener";
import { mediaIn } from "./mediaIn";
import { MediaOut } from "./mediaOut";
import { lineUrl, nameOf } from "./ways";

export type { LineListener, OtherPush } from "./lineListener";

export const REPLY_SECONDS = 10;
/** Bytes a second that a line is trusted to write at least. */
const SLOWEST_BYTES = 1000;
export const URGENT_REPLY_SECONDS = 1.5;
/** How long a home is asked for its newest document before its line is tried again. */
const REFRESH_SECONDS = 5;
/** A young line on which a question is followed by nothing at all was made mute (spec/endpoints.md §3). */
const YOUNG_MUTE_SECONDS = 3;

/** What a line needs of the world. */
export interface LineMeans {
  readonly web: Web;
  readonly directory: HomeDirectory;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly isCareful: () => boolean;
}

/** What exists only while one connection lives. */
interface Open {
  readonly socket: Socket;
  readonly records: Records;
  readonly hello: Hello;
  readonly waiting: Map<number, Deferred<Reply>>;
  readonly broken: Deferred<never>;
  /** When it was opened, and when something came last. */
  readonly began: number;
  /** By which endpoint it goes. */
  readonly way: string;
  /** Seconds that the opening took: a narrow path is not a mute one. */
  took: number;
  heard: number;
  isMute: boolean;
  /** Bytes of the questions that wait for their answers: the browser does not tell what it holds. */
  unanswered: number;
  nextQ: number;
}

export class HomeLine {
  /** In a call: reconnect at short intervals. */
  urgent = false;
  readonly mediaOut = new MediaOut();
  readonly #means: LineMeans;
  readonly #listener: LineListener;
  readonly #sending = new Mutex();
  readonly #dialler: Dialler;
  #open: Open | null = null;
  #opened = new Deferred<void>();
  #isReady = false;
  #failure: NetworkError | null = null;
  #clockOffset = 0;
  #isStarted = false;
  #isStopped = false;
  #waiting = 0;
  #hurry: (() => void) | null = null;

  constructor(means: LineMeans, listener: LineListener, dialler: Dialler | null = null) {
    this.#means = means;
    this.#listener = listener;
    const { clock, rng, directory, isCareful } = means;
    this.#dialler = dialler ?? new Dialler(clock, rng, () => directory.best, isCareful);
  }

  /** Make a second line to the same home, never connected at the instant of this one. */
  beside(listener: LineListener): HomeLine {
    return new HomeLine(this.#means, listener, this.#dialler);
  }

  /** Tell whether requests can be sent now. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Tell whether the line is open and its mailboxes are subscribed. */
  get isReady(): boolean {
    return this.#isReady;
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** Why the last attempt failed, while the line is down. */
  get failure(): NetworkError | null {
    return this.#failure;
  }

  /** Seconds to add to this device's clock to get the home's. */
  get clockOffset(): number {
    return this.#clockOffset;
  }

  /** Give the id of the present connection's keys; `NetworkError` when there is none. */
  get lineId(): Bytes {
    return this.#needOpen().records.lineId;
  }

  /** Name the endpoint that the present connection goes by; null when there is none. */
  get way(): string | null {
    return this.#open?.way ?? null;
  }

  /** Keep the line open from now on; calling it again changes nothing. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    void this.#run();
  }

  /** Close it for good. */
  stop(): void {
    this.#isStopped = true;
    this.#open?.socket.close();
    this.hurry();
  }

  /** Try to connect now instead of at the end of the present pause. */
  hurry(): void {
    this.#hurry?.();
  }

  /** Wait until the line is open; throw why it is not after so many seconds. */
  async waitOpen(patience: number): Promise<void> {
    this.start();
    this.hurry();
    this.#waiting += 1;
    try {
      await within(patience, this.#opened.promise, () => this.#failure ?? late());
    } finally {
      this.#waiting -= 1;
    }
  }

  async #run(): Promise<void> {
    while (!this.#isStopping()) {
      try {
        await this.#live();
      } catch (error) {
        this.#failure = lineFailure(error);
      }
      if (this.#isStopping()) return;
      this.#listener.lineChanged();
      await this.#pause();
    }
  }

  #isStopping(): boolean {
    return this.#isStopped;
  }

  async #pause(): Promise<void> {
    const hurried = new Promise<void>((resolve) => (this.#hurry = resolve));
    await Promise.race([sleep(this.#dialler.pause(this.#urgency)), hurried]);
    this.#hurry = null;
  }

  get #urgency(): Urgency {
    if (this.urgent) return "call";
    return this.#waiting > 0 ? "somebody" : "nobody";
  }

  async #live(): Promise<void> {
    const { directory } = this.#means;
    const dialled = await this.#dialler.attempt(
      () => directory.ways(),
      () => this.#urgency,
      (way) => this.#openLine(way),
    );
    const live = dialled.line;
    live.took = dialled.took;
    try {
      this.#open = live;
      this.#clockOffset = live.hello.now - this.#means.clock.unix();
      for (const part of [this.#receiveAll(live), this.#stayAlive(live), this.#announce(dialled)]) {
        part.catch((error: unknown) => {
          live.broken.reject(error instanceof Error ? error : new Error("the line failed"));
        });
      }
      await live.broken.promise;
    } finally {
      this.#dialler.ended(dialled.way, live.isMute);
      this.#close(live.socket);
    }
  }

  async #openLine(way: Way): Promise<Open> {
    const { web, directory } = this.#means;
    this.#needRunning();
    const home = await directory.get();
    const socket = await web.connect(lineUrl(way.end), way.connect);
    try {
      const live = await this.#handshakeOrRefresh(socket, home.lineKey, way);
      this.#needRunning();
      return live;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  #needRunning(): void {
    if (this.#isStopped) throw new NetworkError("the line was closed here", "eof_error");
  }

  #close(socket: Socket): void {
    const was = this.#open;
    this.#open = null;
    if (this.#isReady) this.#opened = new Deferred();
    this.#isReady = false;
    const broke = new NetworkError("the line broke", "eof_error");
    was?.broken.reject(broke);
    for (const waiting of was?.waiting.values() ?? []) waiting.reject(broke);
    socket.close();
  }

  async #handshakeOrRefresh(socket: Socket, lineKey: Bytes, way: Way): Promise<Open> {
    try {
      return await this.#handshake(socket, lineKey, way);
    } catch (error) {
      // A home that has renewed its line key closes on the old one; its identity signs the new.
      const isHungUp = error instanceof NetworkError && error.failure === "eof_error";
      if (error instanceof WireError || isHungUp) {
        await within(REFRESH_SECONDS, this.#means.directory.refresh(), late);
      }
      throw error;
    }
  }

  async #handshake(socket: Socket, lineKey: Bytes, way: Way): Promise<Open> {
    const handshake = await clientStart(lineKey, this.#means.rng);
    socket.send(handshake.m1);
    const answer = await within(way.handshake, socket.receive(), mute);
    const { records, hello: opened } = await handshake.finishUntrusted(answer);
    const hello = parsePushUntrusted(opened.type, opened.body);
    if (hello?.type !== RecordType.HELLO) throw new WireError("the first record is no hello");
    const began = this.#means.clock.now();
    const fresh = { waiting: new Map<number, Deferred<Reply>>(), took: 0, isMute: false, nextQ: 1, unanswered: 0 };
    const at = { way: nameOf(way.end), began, heard: began };
    return { socket, records, hello, broken: new Deferred(), ...at, ...fresh };
  }

  async #announce(dialled: Dialled<Open>): Promise<void> {
    await this.#listener.lineOpened();
    if (this.#open !== dialled.line) return;
    // Only now: a home that hangs up on each new line is not asked ten times a second.
    this.#dialler.opened(dialled);
    this.#failure = null;
    this.#isReady = true;
    this.#opened.resolve();
    this.#listener.lineChanged();
    // What fails here fails at the next thing that matters too, and is told then.
    await this.#means.directory.reached(dialled.way.end).catch(() => undefined);
  }

  async #receiveAll(live: Open): Promise<void> {
    while (this.#open === live) {
      const message = await live.socket.receive();
      live.heard = this.#means.clock.now();
      if (message[0] !== MEDIA) {
        await this.#takeRecordUntrusted(live, message);
        continue;
      }
      const media = mediaIn(message);
      if (media !== null) this.#listener.media(media);
    }
  }

  async #takeRecordUntrusted(live: Open, message: Bytes): Promise<void> {
    const { type, body } = await live.records.openUntrusted(message);
    const push = parsePushUntrusted(type, body);
    switch (push?.type) {
      case undefined:
        // Of a later release, which says nothing that matters to who does not ask.
        return;
      case RecordType.REPLY:
        live.waiting.get(push.q)?.resolve(push);
        live.waiting.delete(push.q);
        return;
      case RecordType.BYE:
        throw new NetworkError("the home closed the line", "eof_error");
      case RecordType.HELLO:
        throw new WireError("a second hello");
      case RecordType.DELIVER:
      case RecordType.REPLACED:
      case RecordType.ROOM_PEER:
      case RecordType.ROOM_CONTROL:
        this.#listener.pushed(push);
    }
  }

  async #stayAlive(live: Open): Promise<void> {
    while (this.#open === live) {
      await sleep(live.hello.idle / 3);
      if (this.#open === live) await this.#ping(live, REPLY_SECONDS);
    }
  }

  /** Ask whether the line still works; a line that stays mute is given up at once. */
  async probe(patience = URGENT_REPLY_SECONDS): Promise<void> {
    const live = this.#open;
    if (live === null) return;
    await this.#ping(live, patience).catch((error: unknown) => {
      if (!(error instanceof NetworkError)) throw error;
    });
  }

  async #ping(live: Open, patience: number): Promise<void> {
    try {
      await this.#ask(live, Ping.of({ q: 0 }), patience);
    } catch (error) {
      if (error instanceof NetworkError) this.#giveUp(live);
      throw error;
    }
  }

  /**
   * Ask the home and give its reply; its `q` is filled in here.
   *
   * Throws `NetworkError` when the line is down, breaks, or nothing comes for 10 s and one more for
   * each 1,000 bytes that the line still had to write.
   */
  async request(request: Asking): Promise<Reply> {
    return this.#ask(this.#needOpen(), request, REPLY_SECONDS);
  }

  async #ask(live: Open, request: Asking, patience: number): Promise<Reply> {
    const q = live.nextQ;
    live.nextQ += 1;
    const reply = new Deferred<Reply>();
    live.waiting.set(q, reply);
    const watching = this.#watchYoung(live);
    let size = 0;
    try {
      // What was written before leaves before: on a narrow line that takes its time.
      size = await this.#sendRecord(live, { ...request, q });
      live.unanswered += size;
      return await within(patience + live.unanswered / SLOWEST_BYTES, reply.promise, late);
    } finally {
      live.unanswered -= size;
      clearTimeout(watching);
      live.waiting.delete(q);
    }
  }

  /** Some networks let a connection begin and then freeze it: do not wait long on a new one. */
  #watchYoung(live: Open): ReturnType<typeof setTimeout> | undefined {
    const asked = this.#means.clock.now();
    if (asked - live.began > YOUNG_SECONDS) return undefined;
    return setTimeout(() => {
      if (this.#open === live && live.heard < asked) this.#giveUp(live);
    }, Math.max(YOUNG_MUTE_SECONDS, 2 * live.took) * 1000);
  }

  #giveUp(live: Open): void {
    live.isMute = true;
    live.socket.close();
  }

  /** Send a record that has no reply. */
  async tell(message: RoomControl): Promise<void> {
    await this.#sendRecord(this.#needOpen(), message);
  }

  /** Send a record and give its bytes. */
  #sendRecord(live: Open, message: Request): Promise<number> {
    const [type, body] = encodeMessage(message);
    // Counters are implicit: sealing and sending must keep one order.
    return this.#sending.run(async () => {
      const record = await live.records.seal(type, body);
      live.socket.send(record);
      return record.length;
    });
  }

  /** Send one message of sealed packets, or drop it where it would come too late. */
  sendMedia(handle: number, frames: readonly Bytes[]): void {
    this.mediaOut.send(this.#open?.socket, encodeMedia({ handle, frames }));
  }

  #needOpen(): Open {
    if (this.#open !== null) return this.#open;
    throw this.#failure ?? new NetworkError("the line is down", "eof_error");
  }
}
