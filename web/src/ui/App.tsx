/** Choose the one screen of the moment. */

import type { VNode } from "preact";
import type { ClientView } from "../worker/messages";
import type { Model } from "./model";
import { usePage } from "./page";
import { Accepting, HavingLink } from "./screens/Accept";
import { Calls } from "./screens/Calls";
import { Ended } from "./screens/Ended";
import { FileStart } from "./screens/FileStart";
import { FirstRun } from "./screens/FirstRun";
import { InCall } from "./screens/InCall";
import { Incoming } from "./screens/Incoming";
import { Invitation, Inviting } from "./screens/Invite";
import { People } from "./screens/People";
import { Past } from "./screens/Past";
import { Shell } from "./screens/Shell";
import { Locked, NewPassphrase } from "./screens/Lock";
import { Settings } from "./screens/Settings";
import { SettingUp } from "./screens/SettingUp";
import {
  Insecure,
  MicrophoneAsk,
  MicrophoneTrouble,
  OtherTab,
  Starting,
  WrongHome,
} from "./screens/Trouble";
import { Verify } from "./screens/Verify";
import { Ways } from "./screens/Ways";

export function App({ model }: { readonly model: Model }): VNode {
  const { unlock } = usePage();
  const { gate } = model;
  switch (gate.kind) {
    case "starting":
      return <Starting model={model} />;
    case "insecure":
      return <Insecure />;
    case "otherTab":
      return <OtherTab inCall={gate.inCall} />;
    case "locked":
      return <Locked gate={gate} onOpen={unlock} />;
    case "unkept":
      return <FileStart model={model} />;
    case "open":
      return <Open model={model} view={gate.view} />;
  }
}

function Open({ model, view }: { readonly model: Model; readonly view: ClientView }): VNode {
  const { microphone } = model;
  if (view.homeTrouble === "link" && isFirstRun(view)) return <WrongHome />;
  const isBusy = view.call !== null && view.call.kind !== "incoming" && view.call.kind !== "ended";
  if (microphone.kind === "refused" && !isBusy) {
    return <MicrophoneTrouble fault={microphone.fault} wish={microphone.wish} />;
  }
  if (microphone.kind === "asking" && microphone.wish.kind === "call" && !isBusy) {
    return <MicrophoneAsk />;
  }
  return <InCallOrPlace model={model} view={view} />;
}

function InCallOrPlace({ model, view }: { readonly model: Model; readonly view: ClientView }): VNode {
  const { call } = view;
  if (call === null) return <AtPlace model={model} view={view} />;
  switch (call.kind) {
    case "calling":
    case "connecting":
      return <SettingUp model={model} contact={call.contact} step={call.step} />;
    case "incoming":
      return <Incoming model={model} contact={call.contact} />;
    case "talking":
      return model.sheet === "verify" && call.sas !== null ? (
        <Verify model={model} call={call} sas={call.sas} />
      ) : (
        <InCall model={model} call={call} />
      );
    case "ended":
      return <Ended call={call} />;
  }
}

function AtPlace({ model, view }: { readonly model: Model; readonly view: ClientView }): VNode {
  const { place } = model;
  switch (place.kind) {
    case "people":
      return isFirstRun(view) ? (
        <FirstRun model={model} view={view} />
      ) : (
        <Shell at="people">
          <People model={model} view={view} chosen={null} />
        </Shell>
      );
    case "person": {
      const chosen = view.contacts.find(({ id }) => id === place.id) ?? null;
      return (
        <Shell at="people" isDeep={chosen !== null}>
          <People model={model} view={view} chosen={chosen} />
        </Shell>
      );
    }
    case "calls":
      return (
        <Shell at="calls">
          <Calls model={model} view={view} />
        </Shell>
      );
    case "past": {
      const entry = view.log.find(({ id }) => id === place.id);
      return (
        <Shell at="calls" isDeep>
          {entry !== undefined && <Past model={model} view={view} entry={entry} />}
        </Shell>
      );
    }
    case "settings":
      return (
        <Shell at="settings">
          <Settings model={model} view={view} />
        </Shell>
      );
    case "ways":
      return <Ways model={model} asked={place.asked} outcome={place.outcome} />;
    case "passphrase":
      return <NewPassphrase asked={place.asked} hasPeople={!isFirstRun(view)} />;
    case "inviting":
      return <Inviting model={model} asked={place.asked} />;
    case "invitation":
      return (
        <Invitation
          id={place.id}
          invitation={view.invitations.find(({ id }) => id === place.id) ?? null}
          link={model.links.get(place.id) ?? null}
        />
      );
    case "havingLink":
      return <HavingLink other={place.other} />;
    case "accepting":
      return (
        <Accepting model={model} link={place.link} asked={place.asked} fault={place.fault} />
      );
  }
}

function isFirstRun(view: ClientView): boolean {
  return view.contacts.length + view.invitations.length + view.log.length === 0;
}
