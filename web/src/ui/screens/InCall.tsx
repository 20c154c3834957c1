/** Two people talk: am I heard, do I hear, since when not. */

import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CallView } from "../../worker/messages";
import { countdown, QUALITY_KEYS } from "../announcements";
import type { SoundState } from "../callSound";
import { microphoneKey } from "../failures";
import { formatDuration } from "../format";
import { isReceived } from "../hearing";
import { type Hold, type HoldEvent, IDLE, nextHold } from "../holdToTalk";
import { Icon } from "../icons";
import { freshNews, hasJustMoved, isTheirTrouble, type Model, reconnectSeconds } from "../model";
import { useEscape, useLetters, usePage } from "../page";
import { Button, NameHeading, Verified } from "../parts";
import type { QualityWord } from "../quality";
import { RingView } from "../RingView";
import { T, useLanguage } from "../words";
import { CallDetails } from "./CallDetails";

export type Talking = Extract<CallView, { kind: "talking" }>;

interface InCallProps {
  readonly model: Model;
  readonly call: Talking;
}

export function InCall({ model, call }: InCallProps): VNode {
  const { send, dispatch } = usePage();
  const word = useQualityWord(call);
  const { hold, holding } = useHold();
  const isOpen = model.sheet === "details";
  const verify = (): void => {
    if (call.sas !== null) dispatch({ kind: "sheet", sheet: "verify" });
  };
  const details = (): void => {
    dispatch({ kind: "sheet", sheet: isOpen ? "none" : "details" });
  };
  const mute = (): void => {
    send({ kind: "mute", muted: !call.muted });
  };
  useEscape(isOpen ? details : null);
  useLetters({
    KeyM: pressed(mute),
    KeyV: pressed(verify),
    KeyI: pressed(details),
    KeyT: (isDown) => {
      holding(isDown ? "press" : "release");
    },
  });
  return (
    <div class={isOpen ? "call has-sheet" : "call"}>
      <main class="stage">
        <div class="chips">
          <button
            type="button"
            class="button chip"
            aria-disabled={call.sas === null ? "true" : undefined}
            onClick={verify}
          >
            <Verified contact={call.contact} />
          </button>
          <button
            type="button"
            class="button chip details-button"
            aria-expanded={isOpen}
            onClick={details}
          >
            <Icon name="info" />
            <T k="call.details" />
          </button>
        </div>
        <Legend name={call.contact.name} muted={call.muted} />
        <div class="room">
          <CallRing word={word}>
            <NameHeading name={call.contact.name} />
            <Timer since={call.since} />
            <QualityMark word={word} />
          </CallRing>
        </div>
        <Under model={model} call={call} />
        <div class="tiles">
          <button type="button" class={call.muted ? "tile off" : "tile"} onClick={mute}>
            <Icon name={call.muted ? "mic-off" : "mic"} />
            <span>
              <T k="call.mic" />
            </span>
            <strong>
              <T k={call.muted ? "call.off" : "call.on"} />
            </strong>
          </button>
          <OutputTile sound={model.sound} onPress={details} />
          <HoldTile hold={hold} holding={holding} />
        </div>
        <div class="actions">
          <EndCall />
        </div>
      </main>
      <CallDetails model={model} onClose={details} />
    </div>
  );
}

function pressed(act: () => void): (isDown: boolean) => void {
  return (isDown) => {
    if (isDown) act();
  };
}

/** The ring of a call; on its own, so that each beat of it draws nothing else again. */
export function CallRing({ word, children }: {
  readonly word: QualityWord;
  readonly children: ComponentChildren;
}): VNode {
  const { ring } = usePage();
  return (
    <RingView ring={ring.value} line={{ kind: "quality", word }}>
      {children}
    </RingView>
  );
}

/** The word of the moment: silence at once, else what the last seconds say. */
export function useQualityWord(call: Talking): QualityWord {
  const { quality } = usePage();
  return call.silentMs !== null ? "none" : quality.value.word;
}

export function EndCall(): VNode {
  const { send } = usePage();
  return (
    <Button
      icon="phone-off"
      look="danger"
      onPress={() => {
        send({ kind: "hangUp" });
      }}
    >
      <T k="call.end" />
    </Button>
  );
}

export function Timer({ since }: { readonly since: number }): VNode {
  const { now } = usePage();
  return (
    <bdi class="timer" dir="ltr">
      {formatDuration(useLanguage(), (now.value - since) / 1000)}
    </bdi>
  );
}

const BARS: Readonly<Record<QualityWord, number>> = { good: 4, fair: 3, weak: 2, none: 0 };

export function QualityMark({ word }: { readonly word: QualityWord }): VNode {
  return (
    <span class={`quality-mark ${word}`}>
      <svg class="bars" viewBox="0 0 24 20" aria-hidden="true">
        {[0, 1, 2, 3].map((bar) => (
          <rect
            key={bar}
            class={bar < BARS[word] ? "full" : undefined}
            x={bar * 6 + 0.75}
            y={14.25 - bar * 4.5}
            width={4}
            height={bar * 4.5 + 5}
            rx={1.5}
          />
        ))}
      </svg>
      <T k={QUALITY_KEYS[word]} />
    </span>
  );
}

export function Legend({ name, muted }: { readonly name: string; readonly muted: boolean }): VNode {
  return (
    <div class="legend">
      <span class="yours">
        <LegendSign />
        <T k="call.you" />
        {muted && (
          <span class="off">
            <T k="call.off" />
          </span>
        )}
      </span>
      <span class="theirs">
        <bdi>{name}</bdi>
        <LegendSign />
      </span>
    </div>
  );
}

function LegendSign(): VNode {
  return (
    <svg viewBox="0 0 24 20" aria-hidden="true">
      <path d="M4 9v7M12 4v12M20 8v8" />
    </svg>
  );
}

/** What stands under the ring: broken, muted, received, or not sure. */
function Under({ model, call }: InCallProps): VNode {
  const { now, quality, sent } = usePage();
  const left = reconnectSeconds(model, now.value);
  const { name } = call.contact;
  if (left !== null) return <Broken left={left} isTheirs={isTheirTrouble(model, now.value)} name={name} />;
  const { fault } = model.sound;
  if (fault !== null) {
    return (
      <p class="under strong">
        {fault === "none" ? <T k="mic.lost" values={{ name }} /> : <T k={microphoneKey(fault)} />}
      </p>
    );
  }
  const news = freshNews(model, now.value);
  if (news !== null) {
    return (
      <p class="under strong">
        <T k={news.key} values={news.values} />
      </p>
    );
  }
  if (call.muted) {
    return (
      <p class={sent.value.talksMuted ? "under strong alarmed" : "under strong"}>
        <T k="call.muted" values={{ name }} />
      </p>
    );
  }
  const lowered = sent.value.wasLowered ? "quality.lowered" : null;
  const just = hasJustMoved(call, now.value) ? "call.moved" : lowered;
  return (
    <p class="under hint">
      <T
        k={just ?? (isReceived(quality.value.latest) ? "call.heard" : "call.unheard")}
        values={{ name }}
      />
    </p>
  );
}

/** The sound is gone: whose network it is, as far as one's own line can tell, and how long is left. */
function Broken({ left, isTheirs, name }: {
  readonly left: number;
  readonly isTheirs: boolean;
  readonly name: string;
}): VNode {
  const { announce } = usePage();
  useEffect(() => {
    const told = countdown(left);
    if (told !== null) announce(told);
  }, [left, announce]);
  useEffect(() => {
    if (isTheirs) announce({ tone: "status", key: "reconnect.theirs", values: { name } });
  }, [isTheirs, name, announce]);
  return (
    <div class="under">
      <p class="strong">
        <T k="reconnect.title" />
      </p>
      {isTheirs && (
        <p class="hint">
          <T k="reconnect.theirs" values={{ name }} />
        </p>
      )}
      <p class="hint">
        <T k="reconnect.left" values={{ n: left }} />
      </p>
    </div>
  );
}

/** Where the sound comes from; a press opens the choice. Nothing where a page cannot choose. */
function OutputTile({ sound, onPress }: {
  readonly sound: SoundState;
  readonly onPress: () => void;
}): VNode | null {
  const { speakers, choices } = sound;
  if (speakers.length === 0) return null;
  return (
    <button type="button" class="tile" onClick={onPress}>
      <Icon name="volume-2" />
      <span>
        <T k="call.output" />
      </span>
      <strong class="one-line">
        {choices.speaker === null ? <T k="output.usual" /> : <bdi>{choices.speaker.name}</bdi>}
      </strong>
    </button>
  );
}

function useHold(): { readonly hold: Hold; readonly holding: (event: HoldEvent) => void } {
  const { send } = usePage();
  const current = useRef<Hold>(IDLE);
  const [hold, show] = useState<Hold>(IDLE);
  const holding = (event: HoldEvent): void => {
    const before = current.current;
    const after = nextHold(before, event, performance.now());
    current.current = after;
    show(after);
    if ((before.kind === "idle") !== (after.kind === "idle")) {
      send({ kind: "mute", muted: after.kind === "idle" });
    }
  };
  return { hold, holding };
}

function HoldTile({ hold, holding }: {
  readonly hold: Hold;
  readonly holding: (event: HoldEvent) => void;
}): VNode {
  return (
    <button
      type="button"
      class={hold.kind === "idle" ? "tile" : "tile talking"}
      aria-pressed={hold.kind !== "idle"}
      onPointerDown={() => {
        holding("press");
      }}
      onPointerUp={() => {
        holding("release");
      }}
      onPointerCancel={() => {
        holding("leave");
      }}
      onBlur={() => {
        holding("leave");
      }}
      onKeyDown={(event) => {
        if ((event.key === " " || event.key === "Enter") && !event.repeat) holding("press");
      }}
      onKeyUp={(event) => {
        if (event.key === " " || event.key === "Enter") holding("release");
      }}
      onContextMenu={(event) => {
        event.preventDefault();
      }}
    >
      <Icon name="audio-lines" />
      <strong>
        <T k="call.hold" />
      </strong>
    </button>
  );
}
