/** Put language, page and live regions around the screens. */

import type { ReadonlySignal } from "@preact/signals";
import type { VNode } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { App } from "./App";
import { LiveRegions, type Said } from "./live";
import type { Model } from "./model";
import { type Page, PageContext } from "./page";
import { DIRECTIONS, type Language, LanguageContext } from "./words";

interface RootProps {
  readonly page: Page;
  readonly model: ReadonlySignal<Model>;
  readonly said: ReadonlySignal<Said | null>;
  readonly language: ReadonlySignal<Language>;
}

export function Root({ page, model, said, language }: RootProps): VNode {
  const spoken = language.value;
  useLayoutEffect(() => {
    document.documentElement.lang = spoken;
    document.documentElement.dir = DIRECTIONS[spoken];
  }, [spoken]);
  return (
    <LanguageContext.Provider value={spoken}>
      <PageContext.Provider value={page}>
        <LiveRegions said={said} />
        <App model={model.value} />
      </PageContext.Provider>
    </LanguageContext.Provider>
  );
}
