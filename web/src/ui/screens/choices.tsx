/** The ways to choose something in the settings; each says what it is now. */

import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { usePage } from "../page";
import { type Key, say, T, useLanguage } from "../words";

interface SwitchProps {
  readonly label: Key;
  readonly help?: Key;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

export function Switch({ label, help, isOn, onChange }: SwitchProps): VNode {
  const tell = useTelling();
  const id = useId();
  const helpId = `${id}-help`;
  return (
    <div class="switch">
      <label for={id}>
        <input
          id={id}
          type="checkbox"
          checked={isOn}
          aria-describedby={help === undefined ? undefined : helpId}
          onChange={({ currentTarget }) => {
            onChange(currentTarget.checked);
            tell(label, currentTarget.checked ? "call.on" : "call.off");
          }}
        />
        <span>
          <T k={label} />
        </span>
      </label>
      {help !== undefined && (
        <p class="hint" id={helpId}>
          <T k={help} />
        </p>
      )}
    </div>
  );
}

export interface Option<Value extends string> {
  readonly value: Value;
  readonly label: Key;
  readonly more?: VNode;
}

interface OneOfProps<Value extends string> {
  readonly label: Key;
  readonly options: readonly Option<Value>[];
  readonly chosen: Value;
  readonly onChoose: (value: Value) => void;
}

export function OneOf<Value extends string>(props: OneOfProps<Value>): VNode {
  const { label, options, chosen, onChoose } = props;
  const tell = useTelling();
  const name = useId();
  return (
    <fieldset class="one-of">
      <legend>
        <T k={label} />
      </legend>
      {options.map(({ value, label: each, more }) => (
        <label key={value}>
          <input
            type="radio"
            name={name}
            checked={value === chosen}
            onChange={() => {
              onChoose(value);
              tell(label, each);
            }}
          />
          <span>
            <T k={each} />
          </span>
          {more}
        </label>
      ))}
    </fieldset>
  );
}

function useTelling(): (what: Key, value: Key) => void {
  const { announce } = usePage();
  const language = useLanguage();
  return (what, value) => {
    const values = { what: say(language, what), value: say(language, value) };
    announce({ tone: "status", key: "set.changed", values });
  };
}
