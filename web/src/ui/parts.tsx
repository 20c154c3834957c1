/** The small parts that the screens are made of. */

import type { ComponentChildren, VNode } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { LIST_TEXT_MOST } from "../wire/document";
import type { ContactView } from "../worker/messages";
import { useReadingTitle } from "./title";
import { Icon, type IconName } from "./icons";
import { monogram } from "./format";
import { type Key, say, T, useLanguage, type Values } from "./words";

interface HeadingProps {
  readonly k: Key;
  readonly values?: Values;
  /** Said in the title while nobody looks at the page: without a name. */
  readonly hidden?: Key;
  readonly alternates?: boolean;
  readonly class?: string;
}

/** The screen's heading: takes the focus when the screen appears, and gives the page its title. */
export function Heading({ k, values = {}, hidden, alternates = false, ...rest }: HeadingProps): VNode {
  const title = say(useLanguage(), k, values);
  return (
    <FocusedHeading title={title} hidden={hidden} alternates={alternates} class={rest.class}>
      <T k={k} values={values} />
    </FocusedHeading>
  );
}

/** A heading that is a person's name. */
export function NameHeading({ name }: { readonly name: string }): VNode {
  return (
    <FocusedHeading title={name} hidden={undefined} alternates={false} class="name">
      <bdi>{name}</bdi>
    </FocusedHeading>
  );
}

interface FocusedProps {
  readonly title: string;
  readonly hidden: Key | undefined;
  readonly alternates: boolean;
  readonly class: string | undefined;
  readonly children: ComponentChildren;
}

function FocusedHeading({ title, hidden, alternates, children, ...rest }: FocusedProps): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useReadingTitle(title, hidden, alternates);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1} class={rest.class}>
      {children}
    </h1>
  );
}

interface ButtonProps {
  readonly icon?: IconName;
  readonly look?: "primary" | "plain" | "danger" | "answer" | "quiet" | "chip";
  readonly submits?: boolean;
  readonly disabled?: boolean;
  readonly onPress?: () => void;
  readonly children: ComponentChildren;
}

export function Button(props: ButtonProps): VNode {
  const { icon, look = "plain", submits = false, disabled = false, onPress, children } = props;
  return (
    <button
      class={`button ${look}`}
      type={submits ? "submit" : "button"}
      aria-disabled={disabled ? "true" : undefined}
      onClick={(event) => {
        if (disabled) event.preventDefault();
        else onPress?.();
      }}
    >
      {icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

/** A person's sign: a closed ring when verified, a dashed one when not. */
export function Seal({ name, verified, large = false }: {
  readonly name: string;
  readonly verified: boolean;
  readonly large?: boolean;
}): VNode {
  return (
    <span class={`seal ${verified ? "closed" : "dashed"} ${large ? "large" : ""}`} aria-hidden="true">
      <svg viewBox="0 0 48 48">
        <circle cx="24" cy="24" r="22.5" />
      </svg>
      <span>{monogram(name)}</span>
    </span>
  );
}

/** What is known of who this is. */
export function Verified({ contact }: { readonly contact: ContactView }): VNode {
  const { icon, tone, k } = trustIn(contact);
  return (
    <span class={`mark ${tone}`}>
      <Icon name={icon} />
      <T k={k} />
    </span>
  );
}

interface Trust {
  readonly icon: "shield-check" | "shield-x" | "shield-question-mark";
  readonly tone: "good" | "lost" | "weak";
  readonly k: Key;
}

/** Say it as shape, colour and word. */
export function trustIn({ verified, suspected }: ContactView): Trust {
  if (suspected) return { icon: "shield-x", tone: "lost", k: "people.suspected" };
  return verified
    ? { icon: "shield-check", tone: "good", k: "people.verified" }
    : { icon: "shield-question-mark", tone: "weak", k: "people.unverified" };
}

export function Notice({ icon, tone, children }: {
  readonly icon: IconName;
  readonly tone: "warn" | "danger" | "plain";
  readonly children: ComponentChildren;
}): VNode {
  return (
    <div class={`notice ${tone}`}>
      <Icon name={icon} />
      <div class="words">{children}</div>
    </div>
  );
}

interface FieldProps {
  readonly label: Key;
  readonly hint?: Key;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly kind?: "name" | "link" | "list" | "passphrase";
}

const LONGEST = { name: 80, link: 600, list: LIST_TEXT_MOST, passphrase: 1000 } as const;

/** One labelled line of text, or the many of a list; a name may be in either direction. */
export function Field({ label, hint, value, onInput, kind = "name" }: FieldProps): VNode {
  const id = useId();
  const hintId = `${id}-hint`;
  const common = {
    id,
    dir: kind === "link" || kind === "list" ? "ltr" : "auto",
    maxLength: LONGEST[kind],
    autoComplete: "off",
    spellcheck: false,
    required: true,
    "aria-describedby": hint === undefined ? undefined : hintId,
    value,
    onInput: ({ currentTarget }: { readonly currentTarget: { readonly value: string } }): void => {
      onInput(currentTarget.value);
    },
  } as const;
  const entry = (): VNode => {
    switch (kind) {
      case "name":
      case "link":
        return <input {...common} type="text" />;
      case "list":
        return <textarea {...common} class="link" rows={4} />;
      case "passphrase":
        return <input {...common} type="password" />;
    }
  };
  return (
    <div class="field">
      <label for={id}>
        <T k={label} />
      </label>
      {entry()}
      {hint !== undefined && (
        <p class="hint" id={hintId}>
          <T k={hint} />
        </p>
      )}
    </div>
  );
}

/** The mark: two arcs around a short stroke. */
export function Mark(): VNode {
  return (
    <svg class="logo" viewBox="0 0 28 28" aria-hidden="true">
      <path class="you" d="M11.5 3.3a11 11 0 0 0 0 21.4" />
      <path class="them" d="M16.5 3.3a11 11 0 0 1 0 21.4" />
      <path class="stroke" d="M14 10.5v7" />
    </svg>
  );
}
