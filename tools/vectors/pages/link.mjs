import { b64, random } from "../lib/bytes.mjs";
import { Page } from "../lib/page.mjs";
import { home } from "../lib/people.mjs";
import { homeId } from "./descriptor.mjs";

const L = random("link L", 32);
const secret = b64(L);
const door = "s3cret-door_X";
const home_id = homeId(home);

/** The same 32 bytes with the two unused bits of the last character set. */
function loose(text) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1)) | 3];
}

export default function link() {
  const page = new Page("link", "spec/invitation.md");
  const at = { scheme: "https", host: "home.example", port: 8443 };
  const local = { scheme: "http", host: "localhost", port: 8080 };
  const both = (id, what, link, fields) => {
    page.ok(id, what, "link", { link }, fields);
    page.ok(`${id}-format`, what, "link_format", fields, { link });
  };
  both("home", "a home link", `https://home.example:8443/${door}#h=${home_id}`, { kind: "home", ...at, door, home_id });
  both("invitation", "an invitation", `https://home.example:8443/${door}#${secret}`, { kind: "invitation", ...at, door, L });
  both("home-http", "http for a loopback host", `http://localhost:8080/${door}#h=${home_id}`, { kind: "home", ...local, door, home_id });
  both("home-127", "http for a loopback address", `http://127.0.0.1:8080/${door}#h=${home_id}`, { kind: "home", ...local, host: "127.0.0.1", door, home_id });
  both("invitation-http", "http for a loopback host", `http://localhost:8080/${door}#${secret}`, { kind: "invitation", ...local, door, L });
  both("bare", "bare, on localhost", "http://localhost:8080", { kind: "bare", ...local });
  both("door-10", "the shortest door", `https://home.example:8443/abcdefghij#${secret}`, { kind: "invitation", ...at, door: "abcdefghij", L });
  const longest = "d".repeat(64);
  both("door-64", "the longest door", `https://home.example:8443/${longest}#${secret}`, { kind: "invitation", ...at, door: longest, L });
  both("address", "an address for a host", `https://192.0.2.7:8443/${door}#${secret}`, { kind: "invitation", ...at, host: "192.0.2.7", door, L });
  page.ok("default-port", "no port means 443", "link", { link: `https://home.example/${door}#${secret}` }, { kind: "invitation", ...at, port: 443, door, L });

  const rows = [
    ["empty", "nothing", "missing field", ""],
    ["no-fragment", "no fragment", "missing field", `https://home.example/${door}`],
    ["empty-fragment", "an empty fragment", "missing field", `https://home.example/${door}#`],
    ["no-door", "no door", "missing field", `https://home.example/#${secret}`],
    ["no-host", "no host", "missing field", `https:///${door}#${secret}`],
    ["secret-42", "42 characters", "truncated", `https://home.example/${door}#${secret.slice(0, 42)}`],
    ["secret-44", "44 characters", "one byte too long", `https://home.example/${door}#${secret}A`],
    ["secret-padded", "with =", "one byte too long", `https://home.example/${door}#${secret}=`],
    ["secret-plus", "a + is not base64url", "wrong value", `https://home.example/${door}#+${secret.slice(1)}`],
    ["secret-loose", "unused bits are set", "wrong value", `https://home.example/${door}#${loose(secret)}`],
    ["home-42", "home_id of 42 characters", "truncated", `https://home.example/${door}#h=${home_id.slice(0, 42)}`],
    ["home-44", "home_id of 44 characters", "one byte too long", `https://home.example/${door}#h=${home_id}A`],
    ["home-loose", "unused bits are set", "wrong value", `https://home.example/${door}#h=${loose(home_id)}`],
    ["home-other-key", "x= instead of h=", "unknown key", `https://home.example/${door}#x=${home_id}`],
    ["door-9", "a door of 9 characters", "wrong length", `https://home.example/abcdefghi#${secret}`],
    ["door-65", "a door of 65 characters", "wrong length", `https://home.example/${"d".repeat(65)}#${secret}`],
    ["door-dot", "a dot in the door", "wrong value", `https://home.example/abcdef.ghij#${secret}`],
    ["door-percent", "a percent sign in the door", "wrong value", `https://home.example/abcdef%41ghij#${secret}`],
    ["two-segments", "two segments", "wrong value", `https://home.example/${door}/${door}#${secret}`],
    ["query", "a query", "wrong value", `https://home.example/${door}?a=b#${secret}`],
    ["user", "a user name", "wrong value", `https://me@home.example/${door}#${secret}`],
    ["http", "http for a host that is not loopback", "wrong value", `http://home.example/${door}#${secret}`],
    ["http-lookalike", "a host that only begins like a loopback one", "wrong value", `http://localhost.example/${door}#${secret}`],
    ["ftp", "another scheme", "wrong value", `ftp://home.example/${door}#${secret}`],
    ["port-0", "port 0", "wrong value", `https://home.example:0/${door}#${secret}`],
    ["port-65536", "port 65536", "wrong value", `https://home.example:65536/${door}#${secret}`],
    ["port-text", "a port that is no number", "wrong value", `https://home.example:https/${door}#${secret}`],
    ["bare-elsewhere", "bare, but not on localhost", "wrong value", "http://home.example:8080"],
  ];
  for (const [id, what, failure, text] of rows) page.bad(id, what, failure, "link", { link: text });
  return page;
}
