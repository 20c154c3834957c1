/**
 * Keep the page's files, so that it opens though its home cannot be reached (spec/page.md §3).
 *
 * The page comes out of what was kept, whatever the network does; a newer one is fetched beside it
 * and waits until the page asks for it. Nothing else passes through here: no line, no document, no
 * invitation.
 */

declare const self: ServiceWorkerGlobalScope;

/** Written by the build: the page's id, and each file with its hash. */
const BUILD = "@build@";
const FILES = "@files@";
/** Written by the home: which ways the policy allows that comes with the files. */
const REACH = "@reach@";

/** The door, without a slash. */
const SCOPE = new URL(self.registration.scope).pathname.replace(/\/$/, "");
const OURS = `hamseda ${SCOPE} `;
const NAME = `${OURS}${BUILD} ${REACH}`;
/** Where the ways stand that were learned since; nothing is served there. */
const ALLOWED = `${SCOPE}/allowed`;
const SOURCE = /^(https?|wss?):\/\/[A-Za-z0-9.-]+:[0-9]+$/;
const KEPT = FILES.split(" ").map((entry) => {
  const [name = "", integrity = ""] = entry.split("=");
  return { path: `${SCOPE}/${name}`, integrity };
});

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOlder());
});

self.addEventListener("message", (event) => {
  const data: unknown = event.data;
  if (data === "activate") void self.skipWaiting();
  else if (Array.isArray(data)) event.waitUntil(allow(data));
});

/** A call rings in a page that nobody looks at (platform/notifications.ts). */
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(bringForward());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname === SCOPE || pathname === `${SCOPE}/`) event.respondWith(kept(request, SCOPE));
  else if (KEPT.some(({ path }) => path === pathname) || pathname.startsWith(`${SCOPE}/assets/`)) {
    event.respondWith(kept(request, pathname));
  }
});

/** One after another: many at once would open connections of their own. */
async function keepAll(): Promise<void> {
  const cache = await caches.open(NAME);
  const page = await fetched(SCOPE, { cache: "no-cache" });
  // The home may have been given another page in this moment.
  if (!(await page.clone().text()).includes(BUILD)) throw new Error("another page");
  await cache.put(SCOPE, page);
  for (const { path, integrity } of KEPT) {
    // With its own question mark, a script comes with the policy of now.
    const file = await fetched(isWorker(path) ? `${path}?${REACH}` : path, { integrity });
    await cache.put(path, file);
  }
}

async function fetched(path: string, how: RequestInit): Promise<Response> {
  const response = await fetch(path, how);
  if (!response.ok) throw new Error("a file of the page is missing");
  return response;
}

async function kept(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(NAME);
  // An older page may still be open in another tab, and ask for files of its own.
  const found = (await cache.match(path)) ?? (await caches.match(path));
  if (found === undefined) return fetch(request);
  return path === SCOPE || isWorker(path) ? withAllowed(cache, found) : found;
}

/** Remember ways that the page learned of since: its policy is that of the day it was fetched. */
async function allow(sources: readonly unknown[]): Promise<void> {
  const good = sources.filter((source) => typeof source === "string" && SOURCE.test(source));
  const cache = await caches.open(NAME);
  await cache.put(ALLOWED, new Response(good.join(" ")));
}

/** Let the policy of a kept response name the ways that were learned since. */
async function withAllowed(cache: Cache, kept: Response): Promise<Response> {
  const allowed = (await (await cache.match(ALLOWED))?.text()) ?? "";
  const policy = kept.headers.get("Content-Security-Policy");
  if (allowed === "" || policy === null) return kept;
  const headers = new Headers(kept.headers);
  const widened = policy.replace(/connect-src [^;]*/, (sources) => `${sources} ${allowed}`);
  headers.set("Content-Security-Policy", widened);
  return new Response(kept.body, { status: kept.status, headers });
}

/** A Worker has the policy that comes with its script. */
function isWorker(path: string): boolean {
  return path.includes("/assets/main") && path.endsWith(".js");
}

/** Keep what an older page needs that is still open. */
async function forgetOlder(): Promise<void> {
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (open.filter(({ url }) => new URL(url).pathname.startsWith(SCOPE)).length > 1) return;
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(OURS) && name !== NAME);
  await Promise.all(older.map((name) => caches.delete(name)));
}

async function bringForward(): Promise<void> {
  const [page] = await self.clients.matchAll({ type: "window" });
  await page?.focus();
}
