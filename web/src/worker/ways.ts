/** Name the endpoints of a home as a browser does, and tell which ones it can use at all. */

import type { Endpoint } from "../wire/descriptor";
import { Scope, scopeOf } from "../wire/scope";

export const DEFAULT_PORTS = { https: 443, http: 80 } as const;

/** Write an endpoint as an address: `https://host[:port]/door`. */
export function nameOf(end: Endpoint): string {
  const port = end.port === DEFAULT_PORTS[end.scheme] ? "" : `:${end.port}`;
  return `${end.scheme}://${bracketed(end)}${port}/${end.door}`;
}

/** Write the address of the line of an endpoint. */
export function lineUrl(end: Endpoint): string {
  return `${nameOf(end).replace(/^http/, "ws")}/line`;
}

/** Write the host of an endpoint as it stands in an address. */
export function bracketed({ host }: Endpoint): string {
  return host.includes(":") ? `[${host}]` : host;
}

/**
 * Tell whether a page can use an endpoint that is not its own: a browser can be told no other TLS
 * name, and a policy has no form for an IPv6 address (spec/page.md §2).
 */
export function isUsable({ web, host, tlsName }: Endpoint): boolean {
  return web && !host.includes(":") && (tlsName === "" || tlsName === host);
}

/** Give how near an endpoint is; a name counts as far, since a page cannot look where it leads. */
export function nearness({ host }: Endpoint): Scope {
  return scopeOf(host) ?? Scope.PUBLIC;
}

/** Write what a policy must allow for an endpoint: its documents and its line. */
export function sourcesOf({ scheme, host, port }: Endpoint): readonly string[] {
  const line = scheme === "https" ? "wss" : "ws";
  return [`${scheme}://${host}:${port}`, `${line}://${host}:${port}`];
}
