/**
 * Make `hamseda.html` of the built page: all of it in one file, to be opened from a disk.
 *
 * The Worker and the worklet are those of the page, byte for byte: a Worker runs from a blob, a
 * worklet from a `data:` address, since a page from a disk may load neither from anywhere else.
 */

import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plugin } from "vite";

const FILE = "hamseda.html";
/** Homes on this machine have no certificate. A policy in the page has no form for IPv6. */
const LOCAL = ["localhost", "127.0.0.1"].map((host) => `http://${host}:* ws://${host}:*`).join(" ");

/** Give the plugin of the second build, which reads what the first one wrote. */
export function singleFile(): Plugin {
  let folder = "";
  return {
    name: "single-file",
    apply: "build",
    enforce: "pre",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    resolveId: (id) => (id.endsWith("?worker&url") ? `\0built:${id}` : null),
    load(id) {
      if (id === "\0built:./sw?worker&url") return 'export default "";';
      if (id === "\0built:./worker/main?worker&url") return blob(asset("main-", "utf8"));
      if (id === "\0built:./sound.worklet?worker&url") {
        const text = asset("sound.worklet-", "base64");
        return `export default "data:text/javascript;base64,${text}";`;
      }
      return null;
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        let [script, style] = ["", ""];
        for (const [name, part] of Object.entries(bundle)) {
          if (part.type === "chunk") script += part.code;
          else if (name.endsWith(".css")) style += text(part.source);
          Reflect.deleteProperty(bundle, name);
        }
        this.emitFile({ type: "asset", fileName: FILE, source: page(folder, script, style) });
      },
    },
  };

  function asset(start: string, form: "utf8" | "base64"): string {
    const found = readdirSync(join(folder, "assets")).filter((name) => name.startsWith(start));
    const [name, ...others] = found;
    if (name === undefined || others.length > 0) throw new Error(`one ${start} must be built`);
    return readFileSync(join(folder, "assets", name), form);
  }
}

function blob(source: string): string {
  const parts = JSON.stringify([source]);
  return `export default URL.createObjectURL(new Blob(${parts}, { type: "text/javascript" }));`;
}

function text(source: string | Uint8Array): string {
  return typeof source === "string" ? source : new TextDecoder().decode(source);
}

function page(folder: string, given: string, style: string): string {
  // What would end or change the element around it; in code it only stands in texts.
  const script = given.replace(/<(?=\/script|!--|script)/gi, "\\x3C");
  const icon = readFileSync(join(folder, "icon.svg"), "base64");
  const licences = readFileSync(join(folder, "licences.txt"), "utf8").replaceAll("-->", "-- >");
  const build = /<meta name="build" content="([0-9a-f]{64})"/.exec(
    readFileSync(join(folder, "index.html"), "utf8"),
  )?.[1];
  if (build === undefined) throw new Error("the page has no id: build it first");
  const policy = [
    "default-src 'none'",
    `script-src '${hash(script)}' data:`,
    `style-src '${hash(style)}'`,
    "worker-src blob:",
    `connect-src https: wss: ${LOCAL}`,
    "img-src data:",
    "font-src data:",
    "media-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en" dir="ltr">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="referrer" content="no-referrer">
    <meta name="build" content="${build}">
    <title>hamseda</title>
    <link rel="icon" href="data:image/svg+xml;base64,${icon}">
    <style>${style}</style>
  </head>
  <body>
    <div id="app"></div>
    <script type="module">${script}</script>
  </body>
</html>
<!--
${licences}-->
`;
}

function hash(body: string): string {
  return `sha256-${createHash("sha256").update(body).digest("base64")}`;
}
