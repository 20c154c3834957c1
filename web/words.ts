/** Read the ICU messages when the page is built, so that their parser stays out of it. */

import { IntlMessageFormat } from "intl-messageformat";
import type { Plugin } from "vite";

const TABLE = /\/ui\/strings\/(en|fa)\.ts$/;
/** Most messages are one literal: 0 is `TYPE.literal` of the parser. */
const PLAIN = "const plain = (value) => [{ type: 0, value }];";
const PARSER = "@formatjs/icu-messageformat-parser";

/** Give the plugin that turns each message into what the parser would give. */
export function words(): Plugin {
  return {
    name: "words",
    apply: "build",
    enforce: "post",
    config: () => ({ resolve: { alias: { [PARSER]: `${PARSER}/no-parser.js` } } }),
    async transform(code, id) {
      if (!TABLE.test(id)) return null;
      const table: unknown = await import(`data:text/javascript,${encodeURIComponent(code)}`);
      const tables = Object.entries(table ?? {}).map(
        ([name, messages]) => `export const ${name} = {${entries(messages)}};`,
      );
      return { code: [PLAIN, ...tables].join("\n"), map: null };
    },
  };
}

function entries(messages: unknown): string {
  return Object.entries(messages ?? {})
    .map(([key, text]) => `${JSON.stringify(key)}: ${elements(String(text))}`)
    .join(",\n");
}

function elements(text: string): string {
  const isPlain = !/[{}<'#]/.test(text);
  if (isPlain) return `plain(${JSON.stringify(text)})`;
  const message = new IntlMessageFormat(text, "en", undefined, { captureLocation: false });
  return JSON.stringify(message.getAst());
}
