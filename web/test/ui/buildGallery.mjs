// Build the gallery of screens into a folder: `node test/ui/buildGallery.mjs FOLDER`, in web/.
import { resolve } from "node:path";
import { build } from "vite";

const [folder] = process.argv.slice(2);
await build({
  logLevel: "error",
  build: {
    outDir: resolve(folder),
    emptyOutDir: true,
    rolldownOptions: { input: "gallery.html" },
  },
});
