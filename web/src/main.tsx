/** Start the page: take the fragment first, then the Worker, then the screens. */

import { FIRST_FRAGMENT } from "./ui/fragment";
import "./ui/styles/index.css";
import { render } from "preact";
import { pageAddress, storeName } from "./ui/address";
import { Controller } from "./ui/controller";
import { Root } from "./ui/Root";
import type { Notice } from "./worker/messages";

const worker = isSecureContext
  ? new Worker(new URL("./worker/main.ts", import.meta.url), { type: "module" })
  : null;
const address = pageAddress(location);
const store = storeName(address, location.search, sessionStorage);
const controller = new Controller(address, store, worker);

if (worker !== null) {
  worker.onmessage = ({ data }: MessageEvent<Notice>): void => {
    controller.notice(data);
  };
  worker.onerror = (): void => {
    controller.notice({ kind: "failed", words: "unexpected" });
  };
}

const root = document.getElementById("app");
if (root !== null) {
  const { screens, language } = controller;
  render(
    <Root page={controller} model={screens.model} said={screens.said} language={language} />,
    root,
  );
}
controller.start(FIRST_FRAGMENT);
