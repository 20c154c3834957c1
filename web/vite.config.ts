import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { finish } from "./finish.ts";
import { licences } from "./licences.ts";
import { singleFile } from "./singleFile.ts";
import { words } from "./words.ts";

/** Give the libraries that ask for Node's crypto where there is no WebCrypto an empty module. */
const noNodeCrypto: Plugin = {
  name: "no-node-crypto",
  apply: "build",
  enforce: "pre",
  resolveId: (id) => (id === "crypto" ? "\0no-node-crypto" : null),
  load: (id) => (id === "\0no-node-crypto" ? "export {};" : null),
};

const { page, worker } = licences();

/** All of it in one script, style and so on: for a page that is opened from a disk. */
const FILE_MOST = 1024 * 1024;

export default defineConfig(({ mode }) => ({
  // The page lives under a home's secret door, which the build does not know.
  base: "./",
  plugins: mode === "file" ? [noNodeCrypto, words(), singleFile()] : [noNodeCrypto, words(), page, finish()],
  build: {
    target: "es2023",
    // Nothing inline: the home's Content-Security-Policy allows neither inline scripts nor data:.
    assetsInlineLimit: mode === "file" ? FILE_MOST : 0,
    // The file is made of the page that was built before, and lies beside it.
    emptyOutDir: mode !== "file",
    copyPublicDir: mode !== "file",
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: false,
    // One script for the page and one for the Worker: each request costs a round trip.
    rolldownOptions: { output: { codeSplitting: false } },
  },
  worker: {
    // One script each without imports: so the same bytes run as a Worker from a blob too.
    format: "iife",
    plugins: () => [noNodeCrypto, worker],
    rolldownOptions: {
      output: {
        codeSplitting: false,
        strict: true,
        // A service worker rules over what lies beside it and below, so its name stays.
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  server: {
    host: "127.0.0.1",
    // The emoji table is the specification's own file.
    fs: { allow: [".."] },
  },
  test: {
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    environment: "node",
  },
}));
