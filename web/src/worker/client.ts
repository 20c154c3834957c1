/**
 * Be one person's client: contacts, invitations, calls (the model is client/api.py).
 *
 * It takes the commands of the screens and tells them what is, as the types in messages.ts say.
 */

import type { Rng } from "../crypto/keySchedule";
import { HamsedaError, NetworkError, TrustError } from "../errors";
import type { Clock } from "../platform/clock";
import { StoreError } from "../platform/store";
import type { Web } from "../platform/websocket";
import type { Contact } from "../protocol/contact";
import { equal } from "../wire/bytes";
import { RecordType } from "../wire/codes";
import type { MediaMessage } from "../wire/media";
import { Accepting, type AcceptingMeans } from "./accepting";
import { Book, type Shelf } from "./book";
import type { MakeVoice } from "./callVoice";
import { Calling } from "./calling";
import { EndpointLists } from "./endpointLists";
import { acceptingFailure, failureName, failureWords, placingFailure } from "./failures";
import { HomeDirectory } from "./homes";
import { Inviting } from "./inviting";
import { HomeLine, type LineListener, type OtherPush } from "./line";
import type { Command, ContactId, Frugality, Notice } from "./messages";
import { clearLog, forgetCall, markLogSeen, traceOf } from "./past";
import { cleanName, deleteContact, markVerified, renameContact } from "./people";
import { Post } from "./post";
import { Received } from "./received";
import { Stage } from "./stage";
import { contactView } from "./view";

/** Seconds that somebody who waits for a line is let wait. */
export const PATIENCE = 12;
const WELCOME_SECONDS = 3;
const LAST_WORDS_SECONDS = 1;

/** What a client needs of the world. */
export interface ClientMeans {
  /** The page's own address without fragment. */
  readonly address: string;
  /** The home's identity as the link says that opened the page; null when it says none. */
  readonly linkHomeId: string | null;
  readonly shelf: Shelf;
  readonly web: Web;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly makeVoice: MakeVoice;
  /** What the person chose last. */
  readonly frugality: () => Frugality;
  readonly tell: (notice: Notice) => void;
}

/** The commands that a running client takes; the others concern the tab. */
export type ClientCommand = Exclude<
  Command,
  { readonly kind: "start" | "keep" | "erase" | "takeOver" | "audioPorts" | "prefer" }
>;

export class Client implements LineListener {
  readonly #means: ClientMeans;
  readonly #book: Book;
  readonly #directory: HomeDirectory;
  readonly #line: HomeLine;
  readonly #post: Post;
  readonly #inviting: Inviting;
  readonly #accepting: Accepting;
  readonly #calling: Calling;
  readonly #stage: Stage;
  readonly #lists: EndpointLists;

  private constructor(means: ClientMeans, book: Book) {
    const { web, clock, rng } = means;
    this.#means = means;
    this.#book = book;
    const directory = new HomeDirectory(web, book, means.address);
    this.#directory = directory;
    const isCareful = (): boolean => means.frugality().isCareful;
    this.#line = new HomeLine({ web, directory, clock, rng, isCareful }, this);
    this.#stage = new Stage({ book, directory, line: this.#line, clock, tell: means.tell });
    this.#lists = new EndpointLists({
      book,
      clock,
      ask: (request) => this.#line.request(request),
      directory,
      tell: means.tell,
      hurry: () => {
        this.#line.hurry();
      },
    });
    const line = (): HomeLine => this.#line;
    const received = new Received({
      book,
      post: () => this.#post,
      inviting: () => this.#inviting,
      accepting: () => this.#accepting,
      calling: () => this.#calling,
      lists: this.#lists,
      notSubscribed: (count) => {
        if (count > 0) means.tell({ kind: "failed", words: "crowded" });
      },
      mailboxFull: () => {
        means.tell({ kind: "failed", words: "full" });
      },
      unexpected: (error) => {
        this.unexpected(error);
      },
    });
    const post = new Post({ book, line, clock, rng }, received);
    this.#post = post;
    const meeting: AcceptingMeans = {
      book,
      directory,
      post,
      clock,
      rng,
      openLine: () => this.#openLine(),
      accepted: (contact) => {
        this.#accepted(contact);
      },
      faulty: (fault) => {
        means.tell({ kind: "invitationFault", fault });
      },
    };
    this.#inviting = new Inviting(meeting);
    this.#accepting = new Accepting(meeting);
    this.#calling = new Calling({
      book,
      post,
      line,
      clock,
      rng,
      makeVoice: means.makeVoice,
      frugality: means.frugality,
      callChanged: (call) => {
        if (this.#calling.current === call) this.#stage.callChanged(call);
      },
      voiceTold: (event) => {
        if (event.kind === "quality" || event.kind === "levels") means.tell(event);
      },
      unexpected: (error) => {
        this.unexpected(error);
      },
    });
  }

  /** Open what the store holds, end what an earlier page left open, and open the line. */
  static async open(means: ClientMeans): Promise<Client> {
    let changed = (): void => undefined;
    const book = await Book.open(means.shelf, {
      rng: means.rng,
      unix: () => means.clock.unix(),
      changed: () => {
        changed();
      },
    });
    const client = new Client(means, book);
    changed = () => {
      client.#stage.draw();
    };
    await client.#calling.endLeftOver();
    if (means.linkHomeId !== null) await client.#checkHome(means.linkHomeId);
    if (book.needsLine) client.#line.start();
    client.#stage.draw();
    return client;
  }

  /** Tell whether a call would be lost with this page. */
  get isInCall(): boolean {
    return this.#stage.placing !== null || this.#calling.current?.machine.isOver === false;
  }

  /** End the call, let last words leave, and close the line. */
  async stop(): Promise<void> {
    const call = this.#calling.current;
    if (call !== null) {
      call.hangUp();
      await call.ended();
    }
    if (this.#line.isOpen) await this.#post.flushed(LAST_WORDS_SECONDS);
    this.abandon();
  }

  /** Close the line at once: another tab has everything now. */
  abandon(): void {
    this.#stage.close();
    this.#line.stop();
  }

  // Commands

  /** Do what a person asked for; never throws. */
  async command(command: ClientCommand): Promise<void> {
    try {
      await this.#obey(command);
    } catch (error) {
      this.unexpected(error);
    }
  }

  async #obey(command: ClientCommand): Promise<void> {
    const call = this.#calling.current;
    switch (command.kind) {
      case "invite":
        this.#means.tell({
          kind: "invitation",
          ...(await this.#inviting.invite(cleanName(command.name))),
        });
        return;
      case "showInvitation":
        await this.#showInvitation(command.id);
        return;
      case "cancelInvitation":
        await this.#inviting.cancel(command.id);
        return;
      case "accept":
        await this.#accept(command.link, cleanName(command.name));
        return;
      case "rename":
        await renameContact(this.#book, command.contact, cleanName(command.name));
        return;
      case "delete":
        await this.#delete(command.contact);
        return;
      case "call":
        await this.#call(command.contact);
        return;
      case "answer":
        call?.answer();
        return;
      case "decline":
        call?.decline();
        return;
      case "hangUp":
        call?.hangUp();
        await this.#stage.cancelPlacing();
        return;
      case "dismissEnded":
        this.#stage.dismissEnded();
        return;
      case "mute":
        call?.mute(command.muted);
        return;
      case "sasMatch":
        if (call !== null && call.sas !== null) {
          await markVerified(this.#book, call.contact.id, command.matches);
        }
        return;
      case "logSeen":
        await markLogSeen(this.#book);
        return;
      case "clearLog":
        await clearLog(this.#book);
        return;
      case "forgetCall":
        await forgetCall(this.#book, command.id);
        return;
      case "explain":
        this.#explain(command.id);
        return;
      case "setPassphrase":
        await this.#book.relock(command.passphrase);
        this.#means.tell({ kind: "passphraseSet", isLocked: this.#book.isLocked });
        return;
      case "checkHome":
        await this.#checkHome(command.homeId);
        return;
      case "showList":
        await this.#lists.show();
        return;
      case "takeList":
        await this.#lists.takeText(command.text).finally(() => {
          this.#stage.draw();
        });
        return;
      case "useHome":
        await this.#directory.introduce(command.link).finally(() => {
          this.#stage.draw();
        });
    }
  }

  /** Compare the home with what a link says of it; one that cannot be reached is compared later. */
  async #checkHome(homeId: string): Promise<void> {
    try {
      await this.#directory.check(homeId);
    } catch (error) {
      if (!(error instanceof TrustError || error instanceof NetworkError)) throw error;
    }
    this.#stage.draw();
  }

  #explain(id: string): void {
    const trace = traceOf(this.#book.pages, id);
    if (trace !== null) this.#means.tell({ kind: "trace", id, trace });
  }

  // People

  async #showInvitation(id: string): Promise<void> {
    const made = await this.#inviting.show(id);
    if (made !== null) this.#means.tell({ kind: "invitation", ...made });
  }

  async #accept(link: string, name: string): Promise<void> {
    try {
      this.#accepted(await this.#accepting.accept(link, name, WELCOME_SECONDS));
    } catch (error) {
      const told = acceptingFailure(error, link);
      if (told === null) throw error;
      this.#means.tell(told);
    }
  }

  #accepted(contact: Contact): void {
    this.#means.tell({ kind: "accepted", contact: contactView(contact) });
  }

  async #delete(id: ContactId): Promise<void> {
    const contact = this.#book.pages.contacts.get(id);
    if (contact === undefined) return;
    const call = this.#calling.current;
    if (call !== null && equal(call.contact.id, contact.id)) {
      call.hangUp();
      await call.ended();
    }
    await deleteContact(this.#book, this.#line, contact);
  }

  // Calls

  async #call(id: ContactId): Promise<void> {
    const contact = this.#book.pages.contacts.get(id);
    if (contact === undefined || this.#stage.placing !== null) return;
    const placing = this.#stage.place(contact);
    try {
      await this.#openLine();
      await this.#calling.call(contact, () => !placing.isCancelled);
    } catch (error) {
      // One that was cancelled has ended on the screen already, and may have been put away.
      if (!placing.isCancelled) {
        await this.#stage.endPlacing(placing, placingFailure(error), failureName(error));
      }
      if (!(error instanceof HamsedaError)) this.unexpected(error);
    } finally {
      this.#stage.placed();
    }
  }

  // The line

  async #openLine(): Promise<HomeLine> {
    await this.#line.waitOpen(PATIENCE);
    return this.#line;
  }

  async lineOpened(): Promise<void> {
    const call = this.#calling.current;
    if (call !== null && !call.machine.isOver) await call.takeSeat();
    await this.#inviting.forgetExpired(this.#line);
    await this.#post.openMailboxes();
    this.#lists.lineOpened().catch((error: unknown) => {
      this.unexpected(error);
    });
  }

  lineChanged(): void {
    this.#calling.current?.lineChanged();
    this.#stage.draw();
  }

  pushed(push: OtherPush): void {
    const call = this.#calling.current;
    switch (push.type) {
      case RecordType.DELIVER:
        this.#post.delivered(push);
        return;
      case RecordType.ROOM_CONTROL:
        if (call?.handle === push.handle) call.roomBody(push.body);
        return;
      case RecordType.REPLACED:
      case RecordType.ROOM_PEER:
        return;
    }
  }

  media({ handle, frames }: MediaMessage): void {
    const call = this.#calling.current;
    if (call?.handle === handle) call.media(frames);
  }

  /** Tell the person that something did not work, and the developer what. */
  unexpected(error: unknown): void {
    const { tell } = this.#means;
    if (error instanceof StoreError) {
      this.abandon();
      if (error.trouble !== "taken_over") tell({ kind: "storeTrouble", trouble: "unwritable" });
      return;
    }
    const words = failureWords(error);
    // Names alone: a message of ours holds no secret, one of a library might.
    if (words === "unexpected") {
      console.error("unexpected:", error instanceof Error ? error.name : "no error");
    }
    tell({ kind: "failed", words });
  }
}
