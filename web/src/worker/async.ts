/** Wait, take turns and queue: the few things about promises that the worker needs. */

/** A promise that somebody else settles. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (reason: Error) => void;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever waits hears of a rejection; one that nobody waits for is no crash.
    this.promise.catch(nothing);
  }
}

/** Let one step after another run, in the order in which they were asked for. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#last.then(step);
    this.#last = done.catch(nothing);
    return done;
  }
}

/** Things that wait for one taker; beyond `most` they are dropped. */
export class Queue<T> {
  readonly #most: number;
  readonly #items: T[] = [];
  #wake: (() => void) | null = null;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#items.length;
  }

  /** Add one thing; false when there are too many. */
  put(item: T): boolean {
    if (this.#items.length >= this.#most) return false;
    this.#items.push(item);
    this.#wake?.();
    return true;
  }

  /** Take the oldest, waiting for at most so many seconds; null when none came. */
  async takeWithin(seconds: number): Promise<T | null> {
    const ready = this.#items.shift();
    if (ready !== undefined) return ready;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, Math.max(0, seconds) * 1000);
      this.#wake = () => {
        clearTimeout(late);
        resolve();
      };
    });
    this.#wake = null;
    return this.#items.shift() ?? null;
  }
}

/** Wait for so many seconds. */
export function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
  });
}

/** Wait for a promise, but no longer than so many seconds; then throw what `late` makes. */
export async function within<T>(
  seconds: number,
  promise: Promise<T>,
  late: () => Error,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(late());
    }, seconds * 1000);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function nothing(): void {
  // Somebody else hears of it.
}
