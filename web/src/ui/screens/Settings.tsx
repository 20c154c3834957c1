/** Settings: the lock of this device's store, microphone and speaker, whose work the page is made of, erasing everything. */

import type { VNode } from "preact";
import type { ClientView } from "../../worker/messages";
import { type Model, PEOPLE } from "../model";
import { useEscape, useGo, usePage } from "../page";
import { Button, Heading } from "../parts";
import { T } from "../words";
import { Devices } from "./Devices";
import { EraseEverything, LanguageSwitch } from "./Foot";
import { Warnings } from "./Warnings";

export function Settings({ model, view }: {
  readonly model: Model;
  readonly view: ClientView;
}): VNode {
  const { address } = usePage();
  const go = useGo();
  useEscape(() => {
    go(PEOPLE);
  });
  return (
    <main class="task">
      <Heading k="set.title" />
      <Warnings model={model} />
      <section class="setting">
        <h2>
          <T k="set.lock" />
        </h2>
        <LockState isLocked={view.isLocked} />
      </section>
      <section class="setting">
        <h2>
          <T k="set.sound" />
        </h2>
        <Devices sound={model.sound} />
        {model.sound.microphones.length === 0 && (
          <p class="hint">
            <T k="device.unnamed" />
          </p>
        )}
      </section>
      <section class="setting">
        <h2>
          <T k="set.lang" />
        </h2>
        <LanguageSwitch />
      </section>
      <section class="setting">
        <h2>
          <T k="set.about" />
        </h2>
        <p>
          <T k="accept.page" values={{ host: new URL(address).host }} />
        </p>
        <p>
          <a href={`${address}/licences.txt`} target="_blank" rel="noopener">
            <T k="set.licences" />
          </a>
        </p>
      </section>
      <EraseEverything />
    </main>
  );
}

function LockState({ isLocked }: { readonly isLocked: boolean }): VNode {
  const { send } = usePage();
  const go = useGo();
  const set = (): void => {
    go({ kind: "passphrase", asked: false });
  };
  if (!isLocked) {
    return (
      <>
        <p>
          <T k="lock.none" />
        </p>
        <Button icon="lock" onPress={set}>
          <T k="lock.set" />
        </Button>
      </>
    );
  }
  return (
    <>
      <p>
        <T k="lock.is" />
      </p>
      <div class="pair">
        <Button
          onPress={() => {
            send({ kind: "setPassphrase", passphrase: null });
          }}
        >
          <T k="lock.remove" />
        </Button>
        <Button icon="lock" onPress={set}>
          <T k="lock.change" />
        </Button>
      </div>
    </>
  );
}
