/** Judge the host names and doors that strangers hand us (spec/invitation.md §1). */

import { WireError } from "../errors";

export const HOST_MOST = 253;
export const DOOR_MOST = 64;

const NAME =
  /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?$/;
const OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** Refuse what is neither a host name in ASCII nor an IP address (IPv6 without brackets). */
export function checkHostUntrusted(host: string): void {
  const isHost = host.includes(":")
    ? ipv6Groups(host) !== null
    : host.length <= HOST_MOST && NAME.test(host);
  if (!isHost) throw new WireError("this is not a host name");
}

/** Give a host of an address as it is written outside of one: IPv6 without brackets. */
export function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

/** Refuse what is not 10 to 64 characters of base64url's alphabet. */
export function checkDoorUntrusted(door: string): void {
  if (!/^[A-Za-z0-9_-]{10,64}$/.test(door)) throw new WireError("this is not a door of a home");
}

/**
 * Tell whether a host is this machine, in its plain spellings; only there is `http` accepted.
 *
 * Whatever else may lead to this machine is judged by `scopeOf`.
 */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === "localhost") return true;
  if (IPV4.test(host)) return host.startsWith("127.");
  return ipv6Groups(host)?.join(":") === "0:0:0:0:0:0:0:1";
}

/** Tell whether a host is an IP address and no name. */
export function isAddress(host: string): boolean {
  return addressPrefix(host) !== null;
}

/** Give the network that an address lies in, /24 of IPv4 and /48 of IPv6; null for a name. */
export function addressPrefix(host: string): string | null {
  if (IPV4.test(host)) return host.replace(/[0-9]+$/, "");
  return ipv6Groups(host)?.slice(0, 3).join(":") ?? null;
}

/** Read an IPv6 address (RFC 4291 §2.2) into its eight groups; null when it is none. */
export function ipv6Groups(text: string): readonly number[] | null {
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return null;
  const before = groups(head, tail === undefined);
  const after = tail === undefined ? [] : groups(tail, true);
  if (before === null || after === null) return null;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  return [...before, ...new Array<number>(missing).fill(0), ...after];
}

function groups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  const last = parts.at(-1) ?? "";
  const isMixed = mayEndInIpv4 && IPV4.test(last);
  const words = isMixed ? parts.slice(0, -1) : parts;
  if (!words.every((word) => /^[0-9A-Fa-f]{1,4}$/.test(word))) return null;
  const numbers = words.map((word) => Number.parseInt(word, 16));
  if (!isMixed) return numbers;
  const [a = 0, b = 0, c = 0, d = 0] = last.split(".").map(Number);
  return [...numbers, a * 256 + b, c * 256 + d];
}
