/** Somebody rings: Decline at the start, Answer at the end, and nothing else in the way. */

import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ContactView } from "../../worker/messages";
import { monogram } from "../format";
import type { Model } from "../model";
import { useLetters, usePage } from "../page";
import { Button, Heading, Verified } from "../parts";
import { CALLING_RING } from "../ring";
import { RingView } from "../RingView";
import { T } from "../words";

const DEAF_MS = 1000;
const REPEAT_MS = 10_000;

export function Incoming({ model, contact }: {
  readonly model: Model;
  readonly contact: ContactView;
}): VNode {
  const { send, wish, announce, dispatch } = usePage();
  const isDeaf = useDeafness();
  const { name } = contact;
  const answer = (): void => {
    wish({ kind: "answer" });
  };
  const decline = (): void => {
    send({ kind: "decline" });
  };
  useLetters({
    KeyA: (isDown) => {
      if (isDown && !isDeaf.current) answer();
    },
    KeyD: (isDown) => {
      if (isDown && !isDeaf.current) decline();
    },
  });
  useEffect(() => {
    const repeating = setInterval(() => {
      announce({ tone: "alert", key: "incoming.title", values: { name } });
    }, REPEAT_MS);
    return () => {
      clearInterval(repeating);
    };
  }, [announce, name]);
  return (
    <main class="stage incoming">
      <div class="chips">
        <span class="chip">
          <Verified contact={contact} />
        </span>
        <Button
          icon="bell-off"
          look="chip"
          disabled={model.silenced}
          onPress={() => {
            dispatch({ kind: "silenced" });
          }}
        >
          <T k="incoming.silence" />
        </Button>
      </div>
      <Heading k="incoming.title" values={{ name }} hidden="incoming.plain" alternates class="caller" />
      <div class="room">
        <RingView ring={CALLING_RING} line={{ kind: "none" }} pulses={!model.silenced}>
          <span class="monogram" aria-hidden="true">
            {monogram(name)}
          </span>
        </RingView>
      </div>
      <div class="pair tall">
        <Button icon="phone-off" look="danger" onPress={decline}>
          <T k="incoming.decline" />
        </Button>
        <Button icon="phone" look="answer" onPress={answer}>
          <T k="incoming.answer" />
        </Button>
      </div>
      <p class="hint under">{willAsk(model) && <T k="mic.ask" />}</p>
    </main>
  );
}

/** Tell whether the browser asks, or will: before it was allowed no device has a name. */
function willAsk({ microphone, sound }: Model): boolean {
  return microphone.kind === "asking" || sound.microphones.length === 0;
}

/** For one second a letter that was typed for something else answers nothing. */
function useDeafness(): { readonly current: boolean } {
  const deaf = useRef(true);
  useEffect(() => {
    const timer = setTimeout(() => {
      deaf.current = false;
    }, DEAF_MS);
    return () => {
      clearTimeout(timer);
    };
  }, []);
  return deaf;
}
