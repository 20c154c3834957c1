/** List the microphones and speakers that this page may name, and notice when they change. */

/** One device; the browser makes up the id for this address alone. */
export interface Device {
  readonly id: string;
  readonly name: string;
}

export interface Devices {
  readonly microphones: readonly Device[];
  /** Empty where the page cannot choose a speaker. */
  readonly speakers: readonly Device[];
}

/** What Chromium lists beside the devices themselves: the system's own choice between them. */
const ALIASES = ["default", "communications"];

/** A context that can play to a device of its own choice; not every browser's can. */
interface Steerable {
  setSinkId(id: string): Promise<void>;
}

function isSteerable<Context extends object>(context: Context): context is Context & Steerable {
  return "setSinkId" in context;
}

/** List what has a name; before the microphone was allowed that is nothing. */
export async function listDevices(): Promise<Devices> {
  // An insecure page has no mediaDevices, whatever the types say.
  const found = isSecureContext ? await navigator.mediaDevices.enumerateDevices() : [];
  return {
    microphones: named(found, "audioinput"),
    speakers: isSteerable(AudioContext.prototype) ? named(found, "audiooutput") : [],
  };
}

/** Call `changed` whenever a device comes or goes. */
export function watchDevices(changed: () => void): void {
  if (isSecureContext) navigator.mediaDevices.addEventListener("devicechange", changed);
}

/** Play to a speaker, null for the system's own choice; rejects when the speaker is not there. */
export async function playTo(context: AudioContext, speaker: string | null): Promise<void> {
  if (isSteerable(context)) await context.setSinkId(speaker ?? "");
}

function named(found: readonly MediaDeviceInfo[], kind: MediaDeviceKind): readonly Device[] {
  return found
    .filter((each) => each.kind === kind && each.label !== "" && !ALIASES.includes(each.deviceId))
    .map(({ deviceId, label }) => ({ id: deviceId, name: label }));
}
