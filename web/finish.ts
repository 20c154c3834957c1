/** Give the built page its id, and its service worker the list of what it keeps. */

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plugin } from "vite";

const INDEX = "index.html";
const KEEPER = "sw.js";
/** Made of the others, or of nothing that runs. */
const UNHASHED = [INDEX, KEEPER, "licences.txt", "hamseda.html"];

/** After everything is written: hash it, and write the hashes where they belong. */
export function finish(): Plugin {
  let folder = "";
  return {
    name: "finish",
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    closeBundle() {
      // The gallery is built of the same parts, and is no page.
      if (!existsSync(join(folder, INDEX))) return;
      const files = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .filter((name) => !UNHASHED.includes(name))
        .sort();
      const index = readFileSync(join(folder, INDEX), "utf8");
      const keeper = readFileSync(join(folder, KEEPER), "utf8");
      const hashes = files.map((name) => `${name}=sha384-${hash("sha384", name, "base64")}`);
      const all = createHash("sha256");
      for (const part of [index, keeper, ...hashes]) all.update(`${part}\0`);
      const build = all.digest("hex");
      // What installs a page is the system's to keep; and the home writes its door into it.
      const kept = hashes.filter((entry) => !/\.(png|webmanifest)=/.test(entry)).join(" ");
      // A document has hashes for what it names itself; for these the page looks them up.
      const parts = hashes.filter((entry) => entry.includes(".js=") && !index.includes(nameIn(entry))).join(" ");
      writeFileSync(join(folder, INDEX), filled(index, { build, parts }));
      writeFileSync(join(folder, KEEPER), filled(keeper, { build, files: kept }));
    },
  };

  function hash(kind: string, name: string, form: "base64" | "hex"): string {
    return createHash(kind).update(readFileSync(join(folder, name))).digest(form);
  }
}

function nameIn(entry: string): string {
  return entry.slice(0, entry.indexOf("="));
}

function filled(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((before, [name, value]) => {
    const place = `@${name}@`;
    if (before.split(place).length !== 2) throw new Error(`${place} must stand there once`);
    return before.replace(place, value);
  }, text);
}
