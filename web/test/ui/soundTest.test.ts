/** The sound test: what was said is what is played, and nothing is kept. */

import { expect, test, vi } from "vitest";

import type { AudioGraph } from "../../src/platform/audioGraph";
import { FRAME_SAMPLES } from "../../src/platform/audioMessages";
import { SoundTest, type SoundTestState } from "../../src/ui/soundTest";

const FRAMES = 150;

class MadeUpGraph {
  readonly capture = new MessageChannel();
  readonly playout = new MessageChannel();
  readonly played: number[] = [];
  isClosed = false;

  readonly graph: AudioGraph = {
    capture: this.capture.port1,
    playout: this.playout.port1,
    microphone: () => {
      throw new Error("the test asks for no name");
    },
    hear: () => undefined,
    play: () => Promise.resolve(),
    close: () => {
      this.isClosed = true;
      this.capture.port1.close();
    },
  };

  constructor() {
    this.playout.port2.onmessage = ({ data }: MessageEvent<unknown>): void => {
      if (data instanceof ArrayBuffer) this.played.push(new Float32Array(data)[0] ?? 0);
    };
  }

  say(frame: number): void {
    this.capture.port1.onmessage?.(message(new Float32Array(FRAME_SAMPLES).fill(frame / FRAMES).buffer));
  }

  want(need: number): void {
    this.playout.port1.onmessage?.(message({ need }));
  }
}

function message(data: unknown): MessageEvent {
  return new MessageEvent("message", { data });
}

function begun(): { graph: MadeUpGraph; told: SoundTestState[]; sound: SoundTest } {
  const graph = new MadeUpGraph();
  const told: SoundTestState[] = [];
  const sound = new SoundTest((state) => told.push(state));
  sound.begin(graph.graph);
  return { graph, told, sound };
}

test("three seconds are recorded, played once, and the microphone is given back", async () => {
  const { graph, told } = begun();
  for (let frame = 1; frame <= FRAMES; frame += 1) graph.say(frame);
  for (let asked = 0; asked < FRAMES; asked += 1) graph.want(1);
  await vi.waitFor(() => {
    expect(graph.played).toHaveLength(FRAMES);
  });
  expect([graph.played[0], graph.played.at(-1)]).toEqual([Math.fround(1 / FRAMES), 1]);
  expect(told.map(({ kind }) => kind).filter((kind, at, all) => kind !== all[at - 1])).toEqual([
    "asking",
    "recording",
    "playing",
  ]);
  graph.want(1);
  expect(told.at(-1)).toEqual({ kind: "done", wasAudible: true });
  expect(graph.isClosed).toBe(true);
});

test("a microphone that gives silence is told, not praised", () => {
  const { graph, told } = begun();
  for (let frame = 0; frame < FRAMES; frame += 1) graph.say(0);
  graph.want(FRAMES + 1);
  expect(told.at(-1)).toEqual({ kind: "done", wasAudible: false });
});

test("whoever stops it, or goes elsewhere, gets the microphone back at once", () => {
  const { graph, told, sound } = begun();
  graph.say(1);
  sound.stop();
  expect(graph.isClosed).toBe(true);
  expect(told.at(-1)).toEqual({ kind: "idle" });
  const late = new MadeUpGraph();
  sound.begin(late.graph);
  expect(late.isClosed).toBe(true);
});
