/** Let one tab at a time hold the line (Web Locks), and let tabs of one person talk to each other. */

/** How to ask for the lock. */
export type Taking = "if_free" | "wait" | "steal";

/** One lock that all tabs with the same store share. */
export class TabLock {
  readonly #name: string;
  readonly #locks: LockManager;
  readonly #lost: () => void;
  #release: (() => void) | null = null;
  #waiting: AbortController | null = null;

  /** `lost` is called when another tab has stolen the lock. */
  constructor(name: string, locks: LockManager, lost: () => void) {
    this.#name = name;
    this.#locks = locks;
    this.#lost = lost;
  }

  get isHeld(): boolean {
    return this.#release !== null;
  }

  /** Take the lock; false when it is not free, or when waiting was given up for stealing. */
  take(how: Taking): Promise<boolean> {
    this.#waiting?.abort();
    this.#waiting = how === "wait" ? new AbortController() : null;
    return new Promise((resolve) => {
      this.#locks
        .request(this.#name, options(how, this.#waiting?.signal), (lock) => {
          if (lock === null) {
            resolve(false);
            return undefined;
          }
          this.#waiting = null;
          return new Promise<void>((release) => {
            this.#release = release;
            resolve(true);
          });
        })
        .catch(() => {
          const wasHeld = this.isHeld;
          this.#release = null;
          resolve(false);
          if (wasHeld) this.#lost();
        });
    });
  }

  /** Let the next tab have it. */
  release(): void {
    this.#release?.();
    this.#release = null;
  }
}

function options(how: Taking, signal: AbortSignal | undefined): LockOptions {
  switch (how) {
    case "if_free":
      return { ifAvailable: true };
    case "steal":
      return { steal: true };
    case "wait":
      return signal === undefined ? {} : { signal };
  }
}

/** What tabs say to each other. */
export type TabWord = "who" | "idle" | "in_call" | "give_up" | "erase" | "erased";

/** The channel between the tabs of one store. */
export class TabChannel {
  readonly #channel: BroadcastChannel;

  constructor(name: string, hear: (word: TabWord) => void) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      const word = WORDS.find((known) => known === data);
      if (word !== undefined) hear(word);
    };
  }

  say(word: TabWord): void {
    this.#channel.postMessage(word);
  }
}

const WORDS: readonly TabWord[] = ["who", "idle", "in_call", "give_up", "erase", "erased"];
