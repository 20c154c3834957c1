/** Which microphone and speaker a call uses when they are chosen, pulled out and put back. */

import { beforeEach, expect, test } from "vitest";
import type { AudioGraph } from "../../src/platform/audioGraph";
import type { Device } from "../../src/platform/devices";
import { type Microphone, MicrophoneError } from "../../src/platform/microphone";
import { CallSound, type Choices, NO_CHOICES, NO_DEVICES, type SoundState } from "../../src/ui/callSound";
import { Deferred } from "../../src/worker/async";

const BUILT_IN: Device = { id: "b", name: "Built-in" };
const HEADSET: Device = { id: "h", name: "Headset" };
const SPEAKER: Device = { id: "s", name: "Loudspeaker" };

/** A browser with devices that can be plugged in and pulled out. */
class Desk {
  microphones: Device[] = [BUILT_IN, HEADSET];
  speakers: Device[] = [SPEAKER];
  heard: Microphone | null = null;
  speaker: string | null = null;
  /** What a slow browser waits for before it gives a microphone. */
  slow = Promise.resolve();
  readonly open = new Set<Microphone>();
  readonly #pulls = new Map<Microphone, () => void>();

  readonly listDevices = (): Promise<{ microphones: Device[]; speakers: Device[] }> =>
    Promise.resolve({ microphones: this.microphones, speakers: this.speakers });

  readonly openMicrophone = async (id: string | null, gone: () => void): Promise<Microphone> => {
    await this.slow;
    const device = this.microphones.find((each) => each.id === id) ?? this.microphones[0];
    if (device === undefined) throw new MicrophoneError("none");
    let isLive = true;
    const made: Microphone = {
      name: device.name,
      chosen: device.id === id ? id : null,
      source: () => {
        throw new Error("nobody listens to this one");
      },
      isLive: () => isLive,
      close: () => {
        isLive = false;
        this.open.delete(made);
      },
    };
    this.open.add(made);
    this.#pulls.set(made, () => {
      isLive = false;
      this.open.delete(made);
      gone();
    });
    return made;
  };

  readonly openGraph = async (id: string | null, gone: () => void): Promise<AudioGraph> => {
    this.heard = await this.openMicrophone(id, gone);
    const [capture, playout] = [new MessageChannel().port1, new MessageChannel().port1];
    let microphone = this.heard;
    return {
      capture,
      playout,
      microphone: () => microphone,
      hear: (next) => {
        microphone.close();
        microphone = next;
        this.heard = next;
      },
      play: (speaker) => {
        this.speaker = speaker;
        return Promise.resolve();
      },
      close: () => {
        microphone.close();
      },
    };
  };

  pull(device: Device): void {
    this.microphones = this.microphones.filter(({ id }) => id !== device.id);
    const { heard } = this;
    if (heard?.name === device.name) this.#pulls.get(heard)?.();
  }
}

let desk: Desk;
let state: SoundState;

beforeEach(() => {
  desk = new Desk();
  state = NO_DEVICES;
});

function begin(choices: Choices = NO_CHOICES): CallSound {
  return new CallSound(desk, choices, (next) => {
    state = next;
  });
}

/** Let everything happen that has been asked for. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

test("another microphone is heard in the middle of a call, and the last one given back", async () => {
  const sound = begin();
  await sound.open();
  await settled();
  sound.choose("microphone", "h");
  await settled();
  expect(desk.heard?.name).toBe("Headset");
  expect(desk.open.size).toBe(1);
  // Who has just chosen need not be told.
  expect(state).toMatchObject({ choices: { microphone: HEADSET }, fault: null, news: null });
});

test("a chosen microphone that is pulled out is replaced in words, and taken again", async () => {
  const sound = begin({ microphone: HEADSET, speaker: null });
  await sound.open();
  await settled();
  expect([desk.heard?.name, state.news]).toEqual(["Headset", null]);
  desk.pull(HEADSET);
  await settled();
  expect(desk.heard?.name).toBe("Built-in");
  expect(state.news).toEqual({ key: "mic.gone", values: { device: "Headset", other: "Built-in" } });
  desk.microphones = [BUILT_IN, HEADSET];
  sound.settle();
  await settled();
  expect(desk.heard?.name).toBe("Headset");
  expect(state.news).toEqual({ key: "device.now", values: { device: "Headset" } });
});

test("a chosen microphone that is away when the call begins keeps nobody from calling", async () => {
  desk.pull(HEADSET);
  await begin({ microphone: HEADSET, speaker: null }).open();
  await settled();
  expect(desk.heard?.name).toBe("Built-in");
  expect(state.news?.key).toBe("mic.gone");
});

test("without any microphone the call is told to be mute until one comes", async () => {
  const sound = begin();
  await sound.open();
  await settled();
  desk.microphones = [BUILT_IN];
  desk.pull(BUILT_IN);
  await settled();
  expect(state).toMatchObject({ fault: "none", news: null });
  desk.microphones = [HEADSET];
  sound.settle();
  await settled();
  expect(state).toMatchObject({ fault: null, news: { key: "device.now" } });
  expect(desk.heard?.isLive()).toBe(true);
});

test("a chosen speaker is used, left when it is gone, and used again", async () => {
  const sound = begin();
  await sound.open();
  sound.settle();
  await settled();
  sound.choose("speaker", "s");
  await settled();
  expect([desk.speaker, state.news]).toEqual(["s", null]);
  desk.speakers = [];
  sound.settle();
  await settled();
  expect([desk.speaker, state.news?.key]).toEqual([null, "speaker.gone"]);
  desk.speakers = [SPEAKER];
  sound.settle();
  await settled();
  expect([desk.speaker, state.news?.key]).toEqual(["s", "device.now"]);
});

test("a call that ends while a microphone is being opened leaves none open", async () => {
  const sound = begin();
  await sound.open();
  await settled();
  const opening = new Deferred<void>();
  desk.slow = opening.promise;
  sound.choose("microphone", "h");
  await settled();
  sound.close();
  opening.resolve();
  await settled();
  expect(desk.open.size).toBe(0);
  expect(state).toMatchObject({ fault: null, news: null });
});
