/** Microphones and speakers that nobody plugged in. */

import { NO_DEVICES, type SoundState } from "../callSound";

const BUILT_IN = { id: "built-in", name: "Built-in Microphone" };
const HEADSET = { id: "headset", name: "Headset with a name that somebody in marketing liked" };

/** Two microphones and a speaker, one of them chosen. */
export const LAPTOP: SoundState = {
  ...NO_DEVICES,
  microphones: [BUILT_IN, HEADSET],
  speakers: [{ id: "speaker", name: "Built-in Speaker" }],
  choices: { microphone: HEADSET, speaker: null },
};

/** The chosen microphone was pulled out. */
export const PULLED_OUT: SoundState = {
  ...LAPTOP,
  microphones: [BUILT_IN],
  news: { key: "mic.gone", values: { device: HEADSET.name, other: BUILT_IN.name } },
};

export const NO_MICROPHONE: SoundState = { ...PULLED_OUT, microphones: [], fault: "none", news: null };
