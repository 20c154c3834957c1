// Write spec/vectors/*.json, or with --check fail when a byte would differ.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hex, text } from "./lib/bytes.mjs";
import { sha256 } from "./lib/construct.mjs";

const NAMES = [
  "handshake", "line", "cbor", "messages", "envelope", "descriptor", "link",
  "invitation", "ratchet", "call", "sframe", "media", "relay",
];
const folder = new URL("../../spec/vectors/", import.meta.url);
const check = process.argv.includes("--check");

const files = new Map();
let sums = "";
for (const name of NAMES) {
  const page = await (await import(`./pages/${name}.mjs`)).default();
  const json = page.toString();
  files.set(`${name}.json`, json);
  sums += `${hex(sha256(text(json)))}  ${name}.json\n`;
  const valid = page.cases.filter((c) => c.valid).length;
  console.log(`${name}.json: ${valid} valid, ${page.cases.length - valid} invalid, ${json.length} bytes`);
}
files.set("SHA256SUMS", sums);

const differing = [];
mkdirSync(folder, { recursive: true });
for (const [file, content] of files) {
  const path = fileURLToPath(new URL(file, folder));
  if (!check) writeFileSync(path, content);
  else if (readFileSync(path, "utf8") !== content) differing.push(file);
}
if (differing.length > 0) {
  console.error(`not what this generator makes: ${differing.join(", ")}`);
  process.exitCode = 1;
}
