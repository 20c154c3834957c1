/**
 * Judge how near a place is, however its address is spelled (spec/endpoints.md §7; the model is
 * wire/scope.py, and both replay tests/data/addresses.json).
 */

import { ipv6Groups } from "./host";

/** Who shares an address, from this machine alone to everybody; the number is for comparing. */
export const Scope = {
  LOOPBACK: 0,
  /** The same cable or radio: link-local, broadcast, multicast. */
  LINK: 1,
  /** The same house, company, town or provider. */
  PRIVATE: 2,
  PUBLIC: 3,
} as const;
export type Scope = (typeof Scope)[keyof typeof Scope];

type Network = readonly [start: number, bits: number, scope: Scope];

const IPV4: readonly Network[] = [
  [0x00000000, 8, Scope.LOOPBACK],
  [0x7f000000, 8, Scope.LOOPBACK],
  [0xa9fe0000, 16, Scope.LINK],
  [0xe0000000, 3, Scope.LINK],
  [0x0a000000, 8, Scope.PRIVATE],
  [0x64400000, 10, Scope.PRIVATE],
  [0xac100000, 12, Scope.PRIVATE],
  [0xc0000000, 24, Scope.PRIVATE],
  [0xc0a80000, 16, Scope.PRIVATE],
];
/** By the first sixteen bits. */
const IPV6: readonly Network[] = [
  [0xfe80, 10, Scope.LINK],
  [0xff00, 8, Scope.LINK],
  [0x2000, 3, Scope.PUBLIC],
];
/** IPv6 networks of 96 bits whose addresses end in an IPv4 one. */
const CARRIERS: readonly string[] = ["0,0,0,0,0,0", "0,0,0,0,0,65535", "0,0,0,0,65535,0", "100,65435,0,0,0,0"];
const SIX_TO_FOUR = 0x2002;
const NUMBER = /^(?:0x[0-9a-f]*|0[0-7]*|[1-9][0-9]*)$/;

/** Judge an address in any spelling that some system reads as one; null: a name. */
export function scopeOf(host: string): Scope | null {
  const bare = host.toLowerCase().replace(/%.*$/s, "");
  if (bare.includes(":")) {
    const groups = ipv6Groups(bare);
    return groups === null ? null : scopeOfIpv6(groups);
  }
  const name = bare.replace(/\.+$/, "");
  if (name === "localhost" || name.endsWith(".localhost")) return Scope.LOOPBACK;
  const number = numberOfIpv4(name);
  return number === null ? null : scopeOfIpv4(number);
}

/** Read one to four numbers as `inet_aton` does: decimal, octal, hexadecimal, the last long. */
function numberOfIpv4(text: string): number | null {
  const parts = text.split(".");
  if (parts.length > 4 || !parts.every((part) => NUMBER.test(part))) return null;
  const numbers = parts.map(numberOf);
  const last = numbers.pop() ?? 0;
  const room = 256 ** (4 - numbers.length);
  if (numbers.some((head) => head > 255) || last >= room) return null;
  return numbers.reduce((value, head) => value * 256 + head, 0) * room + last;
}

function numberOf(text: string): number {
  if (text.startsWith("0x")) return text === "0x" ? 0 : Number(text);
  return Number.parseInt(text, text.startsWith("0") ? 8 : 10);
}

function scopeOfIpv4(address: number): Scope {
  return judge(IPV4, address, 32) ?? Scope.PUBLIC;
}

function scopeOfIpv6(groups: readonly number[]): Scope {
  const [first = 0, second = 0, third = 0] = groups;
  const [high = 0, low = 0] = groups.slice(6);
  const start = groups.slice(0, 6).join();
  if (start === CARRIERS[0] && high === 0 && low <= 1) return Scope.LOOPBACK;
  if (CARRIERS.includes(start)) return scopeOfIpv4(high * 65_536 + low);
  if (first === SIX_TO_FOUR) return scopeOfIpv4(second * 65_536 + third);
  return judge(IPV6, first, 16) ?? Scope.PRIVATE;
}

function judge(networks: readonly Network[], address: number, width: number): Scope | null {
  const found = networks.find(([start, bits]) => {
    const size = 2 ** (width - bits);
    return Math.floor(address / size) === Math.floor(start / size);
  });
  return found === undefined ? null : found[2];
}
