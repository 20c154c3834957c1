/** The first screen ever: two plain facts, one limit, and the two ways in. */

import type { VNode } from "preact";
import type { ClientView } from "../../worker/messages";
import { isFile } from "../address";
import type { Model } from "../model";
import { useGo, usePage } from "../page";
import { Button, Heading, Mark } from "../parts";
import { T } from "../words";
import { Origin } from "./FileStart";
import { AloneLink, LanguageSwitch, SettingsButton } from "./Foot";
import { InviteButton } from "./InviteButton";
import { Warnings } from "./Warnings";

export function FirstRun({ model, view }: {
  readonly model: Model;
  readonly view: ClientView;
}): VNode {
  const { address } = usePage();
  const go = useGo();
  return (
    <main class="task first">
      <header class="top">
        <Brand />
        <LanguageSwitch />
      </header>
      <Heading k="first.title" />
      <ul class="facts">
        <li>
          <T k="first.account" />
        </li>
        <li>
          <T k="first.server" />
        </li>
        <li class="limit">
          <Origin k="first.page" />
        </li>
        <li class="limit">
          <T k="first.limit" />
        </li>
      </ul>
      <Warnings model={model} />
      <div class="actions">
        {view.hasHome && <InviteButton />}
        <Button
          look={view.hasHome ? "plain" : "primary"}
          onPress={() => {
            go({ kind: "havingLink", other: null });
          }}
        >
          <T k={view.hasHome ? "first.have" : "file.link"} />
        </Button>
      </div>
      <div class="quiets">
        {!view.isLocked && !isFile(address) && (
          <Button
            icon="lock"
            look="quiet"
            onPress={() => {
              go({ kind: "passphrase", asked: false });
            }}
          >
            <T k="lock.set" />
          </Button>
        )}
        <SettingsButton />
        <AloneLink />
      </div>
    </main>
  );
}

export function Brand(): VNode {
  return (
    <span class="brand">
      <Mark />
      <T k="app.name" />
    </span>
  );
}
