import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const PURE = ["src/wire", "src/crypto", "src/media", "src/protocol"];

/** Forbid the imports that would make a lower layer know a higher one. */
function layer(name, above) {
  return {
    files: [`src/${name}/**/*.{ts,tsx}`],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: `^(\\.\\./)+(${above.join("|")})(/|$)`, message: `${name} must not know it.` }] },
      ],
    },
  };
}

export default defineConfig(
  { ignores: ["dist", "node_modules"] },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ["./tsconfig.json", "./tsconfig.worker.json", "./tsconfig.worklet.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "@typescript-eslint/consistent-type-assertions": ["error", { assertionStyle: "never" }],
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { allowDefaultCaseForExhaustiveSwitch: false, requireDefaultForNonUnion: false },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // Several small classes hold one bit of state each and have a constructor with an empty body.
      "@typescript-eslint/no-useless-constructor": "off",
      "no-restricted-syntax": [
        "error",
        {
          selector: "SwitchCase[test=null]",
          message: "No default branch: the compiler finds the forgotten case.",
        },
      ],
      eqeqeq: "error",
    },
  },
  {
    files: PURE.map((folder) => `${folder}/**/*.ts`),
    rules: {
      "no-restricted-globals": [
        "error",
        ...["window", "self", "document", "navigator", "location", "fetch", "setTimeout", "setInterval",
          "queueMicrotask", "Date", "performance", "WebSocket", "indexedDB", "localStorage", "sessionStorage",
          "postMessage", "console", "process", "Buffer"].map((name) => ({
          name,
          message: "Pure code gets time, randomness and the outside world as arguments.",
        })),
      ],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Randomness is an argument." },
        { object: "crypto", property: "getRandomValues", message: "Randomness is an argument." },
        { object: "crypto", property: "randomUUID", message: "Randomness is an argument." },
      ],
    },
  },
  // The worker and the screens meet in one file of types (src/worker/messages.ts).
  layer("wire", ["crypto", "media", "protocol", "platform", "worker", "ui"]),
  layer("crypto", ["media", "protocol", "platform", "worker", "ui"]),
  layer("media", ["protocol", "platform", "worker", "ui"]),
  layer("protocol", ["platform", "worker", "ui"]),
  layer("platform", ["worker", "ui"]),
  layer("worker", ["ui"]),
);
