import { defineConfig } from "vitest/config";

export default defineConfig({
  // The page lives under a home's secret door, which the build does not know.
  base: "./",
  build: {
    target: "es2023",
    // Nothing inline: the home's Content-Security-Policy allows neither inline scripts nor data:.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: false,
  },
  worker: { format: "es" },
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
