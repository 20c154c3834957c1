/** Hear oneself before a call: record, play back, and see the level. */

import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { microphoneKey } from "../failures";
import { usePage } from "../page";
import { Button } from "../parts";
import { levelOf } from "../ring";
import type { SoundTestState } from "../soundTest";
import { T } from "../words";

const IDLE: SoundTestState = { kind: "idle" };

export function SoundTestView(): VNode {
  const { testSound } = usePage();
  const [state, show] = useState<SoundTestState>(IDLE);
  const stop = useRef<(() => void) | null>(null);
  useEffect(
    () => () => {
      stop.current?.();
    },
    [],
  );
  const isRunning = state.kind === "asking" || state.kind === "recording" || state.kind === "playing";
  return (
    <div class="sound-test">
      <p>
        <T k="set.testhelp" />
      </p>
      <Meter state={state} />
      <p role="status">
        <TestWords state={state} />
      </p>
      <Button
        icon={isRunning ? "x" : "mic"}
        onPress={() => {
          stop.current?.();
          stop.current = isRunning ? null : testSound(show);
        }}
      >
        <T k={isRunning ? "test.stop" : "set.test"} />
      </Button>
    </div>
  );
}

function TestWords({ state }: { readonly state: SoundTestState }): VNode | null {
  switch (state.kind) {
    case "idle":
      return null;
    case "asking":
      return <T k="mic.ask" />;
    case "recording":
      return <T k="test.record" values={{ n: state.leftS }} />;
    case "playing":
      return <T k="test.play" />;
    case "done":
      return <T k={state.wasAudible ? "test.done" : "test.silent"} />;
    case "fault":
      return <T k={microphoneKey(state.fault)} />;
  }
}

const BARS = Array.from({ length: 12 }, (_, bar) => bar);

/** As many bars as it is loud; the words beside it say the rest. */
function Meter({ state }: { readonly state: SoundTestState }): VNode | null {
  if (state.kind !== "recording" && state.kind !== "playing") return null;
  const full = Math.round(levelOf(state.level) * BARS.length);
  return (
    <svg class="meter" viewBox="0 0 144 20" aria-hidden="true">
      {BARS.map((bar) => (
        <rect key={bar} class={bar < full ? "full" : undefined} x={bar * 12 + 1} y={1} width={8} height={18} rx={3} />
      ))}
    </svg>
  );
}
