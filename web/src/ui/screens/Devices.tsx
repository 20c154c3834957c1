/** Choose microphone and speaker: the same in the settings and during a call. */

import type { VNode } from "preact";
import { useId } from "preact/hooks";
import type { Device } from "../../platform/devices";
import type { DeviceKind, SoundState } from "../callSound";
import { usePage } from "../page";
import { type Key, say, T, useLanguage } from "../words";

/** Both choices; nothing where the browser names no devices. */
export function Devices({ sound }: { readonly sound: SoundState }): VNode {
  const { microphones, speakers, choices } = sound;
  return (
    <>
      <Picker
        kind="microphone"
        label="call.mic"
        devices={microphones}
        chosen={choices.microphone}
      />
      <Picker kind="speaker" label="call.output" devices={speakers} chosen={choices.speaker} />
    </>
  );
}

interface PickerProps {
  readonly kind: DeviceKind;
  readonly label: Key;
  readonly devices: readonly Device[];
  readonly chosen: Device | null;
}

function Picker({ kind, label, devices, chosen }: PickerProps): VNode | null {
  const { choose } = usePage();
  const language = useLanguage();
  const id = useId();
  const isAbsent = chosen !== null && devices.every((device) => device.id !== chosen.id);
  if (devices.length === 0 && !isAbsent) return null;
  return (
    <div class="field">
      <label for={id}>
        <T k={label} />
      </label>
      <select
        id={id}
        value={chosen?.id ?? ""}
        onChange={({ currentTarget }) => {
          choose(kind, currentTarget.value === "" ? null : currentTarget.value);
        }}
      >
        <option value="">{say(language, "device.usual")}</option>
        {devices.map((device) => (
          <option key={device.id} value={device.id}>
            {device.name}
          </option>
        ))}
        {isAbsent && (
          <option value={chosen.id}>{say(language, "device.absent", { device: chosen.name })}</option>
        )}
      </select>
    </div>
  );
}
