/**
 * Keep the page on this device, and learn when a newer one waits (the other half is sw.ts).
 *
 * Where a browser has no service workers, or does not trust the home's certificate, nothing is kept
 * and the page is as new as its home.
 */

const RENEW_SECONDS = 15;
const TAKE_SECONDS = 3;

export class Keeper {
  readonly #scope: string;
  readonly #container: ServiceWorkerContainer | null;

  /** `scope` is the path of the door. */
  constructor(scope: string, container: ServiceWorkerContainer | undefined) {
    this.#scope = scope;
    this.#container = container ?? null;
  }

  /** Keep this page from now on; `newer` is called when another one is ready to take its place. */
  async begin(script: string, newer: () => void): Promise<void> {
    try {
      const options = { scope: this.#scope, updateViaCache: "none" } as const;
      const registration = await this.#container?.register(script, options);
      if (registration === undefined) return;
      if (registration.waiting !== null) newer();
      registration.addEventListener("updatefound", () => {
        const next = registration.installing;
        next?.addEventListener("statechange", () => {
          if (next.state === "installed" && registration.active !== null) newer();
        });
      });
    } catch {
      // Not here: the page works, but not without its home.
    }
  }

  /** Tell whether this page came out of what is kept, and so would the next. */
  get isKept(): boolean {
    return (this.#container?.controller ?? null) !== null;
  }

  /** Let the page that waits take over, if there is one; it shows after the next loading. */
  async takeNewer(): Promise<boolean> {
    const container = this.#container;
    if (!container?.controller) return false;
    const waiting = (await container.getRegistration(this.#scope))?.waiting ?? null;
    if (waiting === null) return false;
    const taken = new Promise<boolean>((resolve) => {
      container.addEventListener("controllerchange", () => {
        resolve(true);
      });
      setTimeout(() => {
        resolve(false);
      }, TAKE_SECONDS * 1000);
    });
    waiting.postMessage("activate");
    return taken;
  }

  /** Ask the home for its newest page, and let it take over; gives up after some seconds. */
  async renew(): Promise<void> {
    const registration = await this.#container?.getRegistration(this.#scope);
    if (registration === undefined) return;
    const late = new Promise<void>((resolve) => setTimeout(resolve, RENEW_SECONDS * 1000));
    await Promise.race([fetchNewest(registration), late]);
    await this.takeNewer();
  }

  /** Let the kept page talk to these as well, from its next loading on. */
  async allow(sources: readonly string[]): Promise<void> {
    const registration = await this.#container?.getRegistration(this.#scope);
    registration?.active?.postMessage(sources);
  }

  /** Forget the page: the door's name must not stay behind on this device. */
  async forget(caches: CacheStorage | undefined): Promise<void> {
    const registration = await this.#container?.getRegistration(this.#scope);
    await registration?.unregister();
    for (const name of (await caches?.keys()) ?? []) {
      if (name.startsWith(`hamseda ${this.#scope} `)) await caches?.delete(name);
    }
  }
}

async function fetchNewest(registration: ServiceWorkerRegistration): Promise<void> {
  try {
    await registration.update();
  } catch {
    // The home cannot be reached: what is here stays.
    return;
  }
  const next = registration.installing;
  if (next === null) return;
  await new Promise<void>((resolve) => {
    next.addEventListener("statechange", () => {
      resolve();
    });
  });
}

/** Compare a build of the page with this one; nothing that Vite serves has an id. */
export function isOtherBuild(build: string): boolean {
  const own = document.querySelector<HTMLMetaElement>("meta[name=build]")?.content ?? "";
  return /^[0-9a-f]{64}$/.test(own) && own !== build;
}
