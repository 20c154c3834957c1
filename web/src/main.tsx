/** Start the page: take the fragment first, then the Worker, then the screens. */

import { FIRST_FRAGMENT } from "./ui/fragment";
import "./ui/styles/index.css";
import { render } from "preact";
import { Keeper } from "./platform/keeper";
import { checkedPart } from "./platform/part";
import keeperUrl from "./sw?worker&url";
import { isFile, pageAddress, storeName } from "./ui/address";
import { Controller } from "./ui/controller";
import { Root } from "./ui/Root";
import workerUrl from "./worker/main?worker&url";
import type { Notice } from "./worker/messages";

/** The first picture and the first line go before what only a later visit needs. */
const KEEP_AFTER_MS = 1500;

const address = pageAddress(location);
const keeper = new Keeper(
  new URL(address).pathname,
  // A file needs no keeper.
  !isFile(address) && "serviceWorker" in navigator
    ? navigator.serviceWorker
    : undefined,
);

// What came behind the # is gone from the address: a reload would lose it.
if (FIRST_FRAGMENT === "" && (await keeper.takeNewer())) location.reload();
else await begin();

async function begin(): Promise<void> {
  let worker: Worker | null = null;
  let isWhole = true;
  try {
    if (isSecureContext) worker = await startWorker();
  } catch {
    // Another script lies there than the one that was built, or none can be had.
    isWhole = false;
  }
  const store = storeName(address, location.search, sessionStorage);
  const controller = new Controller(address, store, worker, keeper);
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
  if (!isWhole) controller.notice({ kind: "failed", words: "unexpected" });
  // What Vite serves while somebody develops changes under the page: it is not kept.
  if (import.meta.env.DEV) return;
  setTimeout(() => {
    void keeper.begin(keeperUrl, () => {
      controller.dispatch({ kind: "older" });
    });
  }, KEEP_AFTER_MS);
}

/** A script is kept with the policy it came with, so each policy asks for it by another name. */
async function startWorker(): Promise<Worker> {
  if (import.meta.env.DEV) return new Worker(workerUrl, { type: "module" });
  const reach = document.querySelector<HTMLMetaElement>("meta[name=reach]")?.content ?? "";
  return new Worker(await checkedPart(reach === "" ? workerUrl : `${workerUrl}?${reach}`));
}
