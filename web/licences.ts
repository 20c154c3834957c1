/** Write `licences.txt` beside the page: the notices of everything that is bundled into it. */

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

const FILE = "licences.txt";
const OWN = join(import.meta.dirname, "..", "LICENSE");
/** The notices of what is copied into our sources instead of being a package. */
const COPIED = join(import.meta.dirname, "licences");
const RULE = "=".repeat(78);

/** By its name and version, the licence of each package that was met. */
type Packages = Map<string, string>;

/** Give one plugin for the page's build, which writes the file, and one for its Worker's. */
export function licences(): { readonly page: Plugin; readonly worker: Plugin } {
  const packages: Packages = new Map();
  const worker: Plugin = {
    name: "licences-of-the-worker",
    apply: "build",
    generateBundle(_, bundle) {
      for (const part of Object.values(bundle)) {
        if (part.type === "chunk") note(part.moduleIds, packages);
      }
    },
  };
  const page: Plugin = {
    name: "licences",
    apply: "build",
    generateBundle(_, bundle) {
      for (const part of Object.values(bundle)) {
        if (part.type === "chunk") note(part.moduleIds, packages);
      }
      this.emitFile({ type: "asset", fileName: FILE, source: text(packages) });
    },
  };
  return { page, worker };
}

function note(moduleIds: readonly string[], packages: Packages): void {
  for (const id of moduleIds) {
    const folder = packageFolder(id);
    if (folder === null) continue;
    const { name, version } = packageOf(folder);
    packages.set(`${name} ${version}`, licenceOf(folder));
  }
}

function text(packages: Packages): string {
  const copied = readdirSync(COPIED).map((file) => ({
    title: file.replace(/\.txt$/, ""),
    licence: readFileSync(join(COPIED, file), "utf8"),
  }));
  const bundled = [...packages].sort().map(([title, licence]) => ({ title, licence }));
  const own = { title: "hamseda", licence: readFileSync(OWN, "utf8") };
  return [own, ...copied, ...bundled]
    .map(({ title, licence }) => `${RULE}\n${title}\n${RULE}\n\n${licence.trim()}\n`)
    .join("\n");
}

/** Give the folder of the package that a module is of; null for our own. */
function packageFolder(id: string): string | null {
  return /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? null;
}

function packageOf(folder: string): { readonly name: string; readonly version: string } {
  const read: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return { name: field(read, "name"), version: field(read, "version") };
}

function field(value: unknown, name: string): string {
  const found: unknown = Object.entries(value ?? {}).find(([key]) => key === name)?.[1];
  return typeof found === "string" ? found : "";
}

function licenceOf(folder: string): string {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`${folder} carries no licence`);
  return readFileSync(join(folder, file), "utf8");
}
