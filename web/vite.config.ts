import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { licences } from "./licences.ts";

/** Give the libraries that ask for Node's crypto where there is no WebCrypto an empty module. */
const noNodeCrypto: Plugin = {
  name: "no-node-crypto",
  apply: "build",
  enforce: "pre",
  resolveId: (id) => (id === "crypto" ? "\0no-node-crypto" : null),
  load: (id) => (id === "\0no-node-crypto" ? "export {};" : null),
};

const { page, worker } = licences();

export default defineConfig({
  // The page lives under a home's secret door, which the build does not know.
  base: "./",
  plugins: [noNodeCrypto, page],
  build: {
    target: "es2023",
    // Nothing inline: the home's Content-Security-Policy allows neither inline scripts nor data:.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: false,
    // One script for the page and one for the Worker: each request costs a round trip.
    rolldownOptions: { output: { codeSplitting: false } },
  },
  worker: {
    format: "es",
    plugins: () => [noNodeCrypto, worker],
    rolldownOptions: { output: { codeSplitting: false } },
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
});
