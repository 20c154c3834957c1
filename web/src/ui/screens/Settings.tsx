/** Settings: what a person can choose, the lock of the store, who runs the page, erasing everything. */

import type { ComponentChildren, VNode } from "preact";
import type { NotifyState } from "../../platform/notifications";
import type { ClientView, DataUse } from "../../worker/messages";
import { formatDecimal } from "../format";
import { isFile } from "../address";
import { type Model, PEOPLE, WAYS } from "../model";
import { useEscape, useGo, usePage } from "../page";
import { Button, Heading } from "../parts";
import { DATA_KEYS, DATA_USES, type Theme, THEMES } from "../preferences";
import { type Key, T, useLanguage } from "../words";
import { OneOf, Switch } from "./choices";
import { Devices } from "./Devices";
import { Origin } from "./FileStart";
import { EraseEverything, LanguageSwitch } from "./Foot";
import { SoundTestView } from "./SoundTest";
import { Warnings } from "./Warnings";

/** Megabytes a minute on the wire, both ways, as the benchmark `data_of_a_call` measured them. */
const DATA_MB: Readonly<Record<DataUse, number>> = { clear: 1.04, saver: 0.49, lowest: 0.33 };
const THEME_KEYS: Readonly<Record<Theme, Key>> = {
  system: "theme.system",
  light: "theme.light",
  dark: "theme.dark",
};

export function Settings({ model, view }: {
  readonly model: Model;
  readonly view: ClientView;
}): VNode {
  const { address, preferences, prefer } = usePage();
  const go = useGo();
  const { isCareful, hasLetters, theme } = preferences.value;
  useEscape(() => {
    go(PEOPLE);
  });
  return (
    <main class="task">
      <Heading k="set.title" />
      <Warnings model={model} />
      <Section k="set.sound">
        <Devices sound={model.sound} />
        {model.sound.microphones.length === 0 && (
          <p class="hint">
            <T k="device.unnamed" />
          </p>
        )}
        <SoundTestView />
      </Section>
      <section class="setting">
        <Switch
          label="set.careful"
          help="set.carefulhelp"
          isOn={isCareful}
          onChange={(isOn) => {
            prefer({ isCareful: isOn });
          }}
        />
        <DataChoice />
      </section>
      <Section k="set.notify">
        <Notifications />
      </Section>
      <section class="setting">
        <Switch
          label="set.keys"
          help="set.keyshelp"
          isOn={hasLetters}
          onChange={(isOn) => {
            prefer({ hasLetters: isOn });
          }}
        />
      </section>
      <Section k="set.lang">
        <LanguageSwitch />
      </Section>
      <section class="setting">
        <OneOf
          label="set.theme"
          options={THEMES.map((value) => ({ value, label: THEME_KEYS[value] }))}
          chosen={theme}
          onChoose={(value) => {
            prefer({ theme: value });
          }}
        />
      </section>
      <Section k="set.lock">
        <LockState isLocked={view.isLocked} />
      </Section>
      <Section k="ways.title">
        <p>
          <T k="ways.about" />
        </p>
        <Button
          onPress={() => {
            go(WAYS);
          }}
        >
          <T k="ways.open" />
        </Button>
      </Section>
      <Section k="set.about">
        <p>
          <Origin k="accept.page" />
        </p>
        {/* In the file they stand at its end. */}
        {!isFile(address) && (
          <p>
            <a href={`${address}/licences.txt`} target="_blank" rel="noopener">
              <T k="set.licences" />
            </a>
          </p>
        )}
      </Section>
      <EraseEverything />
    </main>
  );
}

function Section({ k, children }: {
  readonly k: Key;
  readonly children: ComponentChildren;
}): VNode {
  return (
    <section class="setting">
      <h2>
        <T k={k} />
      </h2>
      {children}
    </section>
  );
}

function DataChoice(): VNode {
  const { preferences, prefer } = usePage();
  const language = useLanguage();
  return (
    <>
      <OneOf
        label="set.data"
        options={DATA_USES.map((value) => ({
          value,
          label: DATA_KEYS[value],
          more: (
            <span class="when">
              <T k="set.mb" values={{ mb: formatDecimal(language, DATA_MB[value]) }} />
            </span>
          ),
        }))}
        chosen={preferences.value.dataUse}
        onChoose={(value) => {
          prefer({ dataUse: value });
        }}
      />
      <p class="hint">
        <T k="set.datahelp" />
      </p>
    </>
  );
}

function Notifications(): VNode {
  const { notifies } = usePage();
  return (
    <>
      <NotifyChoice state={notifies.value} />
      <p class="hint">
        <T k="notify.no" />
      </p>
    </>
  );
}

function NotifyChoice({ state }: { readonly state: NotifyState }): VNode | null {
  const { askToNotify, preferences, prefer } = usePage();
  const { notifies, namesCaller } = preferences.value;
  switch (state) {
    case "unsupported":
      return null;
    case "default":
      return (
        <>
          <p>
            <T k="notify.ask" />
          </p>
          <Button icon="bell" onPress={askToNotify}>
            <T k="notify.allow" />
          </Button>
        </>
      );
    case "denied":
      return (
        <p>
          <T k="notify.denied" />
        </p>
      );
    case "granted":
      return (
        <>
          <Switch
            label="notify.on"
            isOn={notifies}
            onChange={(isOn) => {
              prefer({ notifies: isOn });
            }}
          />
          {notifies && (
            <Switch
              label="notify.name"
              help="notify.namehelp"
              isOn={namesCaller}
              onChange={(isOn) => {
                prefer({ namesCaller: isOn });
              }}
            />
          )}
        </>
      );
  }
}

function LockState({ isLocked }: { readonly isLocked: boolean }): VNode {
  const { address, send } = usePage();
  const go = useGo();
  const set = (): void => {
    go({ kind: "passphrase", asked: false });
  };
  if (!isLocked && isFile(address)) {
    return (
      <p>
        <T k="file.gone" />
      </p>
    );
  }
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
        {!isFile(address) && (
          <Button
            onPress={() => {
              send({ kind: "setPassphrase", passphrase: null });
            }}
          >
            <T k="lock.remove" />
          </Button>
        )}
        <Button icon="lock" onPress={set}>
          <T k="lock.change" />
        </Button>
      </div>
    </>
  );
}
