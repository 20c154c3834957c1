// Build the page that speaks in modes into a folder: `node test/media/buildModes.mjs FOLDER`, in web/.
import { resolve } from "node:path";
import { build } from "vite";

const [folder] = process.argv.slice(2);
await build({
  logLevel: "error",
  root: import.meta.dirname,
  configFile: false,
  build: { outDir: resolve(folder), emptyOutDir: true, rolldownOptions: { input: "modes.html" } },
});
