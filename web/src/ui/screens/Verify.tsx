/** Compare five words aloud, to know that nobody sits in between. */

import type { VNode } from "preact";
import { EMOJI } from "../../crypto/emoji";
import { formatNumber } from "../format";
import { Icon } from "../icons";
import type { Model } from "../model";
import { useEscape, usePage } from "../page";
import { Button, Heading } from "../parts";
import { T, useLanguage } from "../words";
import { CallRing, EndCall, Legend, QualityMark, type Talking, Timer, useQualityWord } from "./InCall";

interface VerifyProps {
  readonly model: Model;
  readonly call: Talking;
  readonly sas: readonly number[];
}

export function Verify({ model, call, sas }: VerifyProps): VNode {
  const { dispatch } = usePage();
  const word = useQualityWord(call);
  const later = (): void => {
    dispatch({ kind: "sheet", sheet: "none" });
  };
  useEscape(later);
  return (
    <main class="verify">
      <header class="chips">
        <Button icon="chevron-left" look="chip" onPress={later}>
          <T k="verify.later" />
        </Button>
        <span class="now">
          <QualityMark word={word} />
          <Timer since={call.since} />
        </span>
        <EndRound />
      </header>
      <div class="beside">
        <CallRing word={word}>
          <span class="name" aria-hidden="true">
            <bdi>{call.contact.name}</bdi>
          </span>
        </CallRing>
        <Legend name={call.contact.name} muted={call.muted} />
      </div>
      <section class={model.alarmed ? "card alarm" : "card"}>
        <Heading k="verify.title" values={{ name: call.contact.name }} />
        {model.alarmed ? <Alarm name={call.contact.name} /> : <Compare call={call} sas={sas} />}
      </section>
    </main>
  );
}

function Compare({ call, sas }: { readonly call: Talking; readonly sas: readonly number[] }): VNode {
  const { send, dispatch, canVerify } = usePage();
  const { name } = call.contact;
  return (
    <>
      {call.contact.changed && (
        <p class="strong">
          <T k="verify.changed" values={{ name }} />
        </p>
      )}
      <p>
        <T k="verify.do" />
      </p>
      <Words sas={sas} />
      <div class="pair">
        <Button
          icon="shield-x"
          look="plain"
          onPress={() => {
            send({ kind: "sasMatch", matches: false });
            dispatch({ kind: "alarmed" });
          }}
        >
          <T k="verify.differ" />
        </Button>
        <Button
          icon="shield-check"
          look="primary"
          disabled={!canVerify.value}
          onPress={() => {
            send({ kind: "sasMatch", matches: true });
            dispatch({ kind: "sheet", sheet: "none" });
          }}
        >
          <T k="verify.match" />
        </Button>
      </div>
      {!canVerify.value && (
        <p class="hint">
          <T k="verify.listen" values={{ name }} />
        </p>
      )}
    </>
  );
}

/** Always one under the other: an order across would be read from both ends. */
function Words({ sas }: { readonly sas: readonly number[] }): VNode {
  const language = useLanguage();
  return (
    <ol class="sas">
      {sas.map((index, at) => {
        const sign = EMOJI[index];
        return (
          <li key={at}>
            <span class="number" aria-hidden="true">
              {formatNumber(language, at + 1)}
            </span>
            <span class="emoji" aria-hidden="true">
              {sign?.symbol}
            </span>
            <strong>{sign?.[language]}</strong>
          </li>
        );
      })}
    </ol>
  );
}

function Alarm({ name }: { readonly name: string }): VNode {
  return (
    <>
      <p class="strong" role="alert">
        <T k="verify.bad" values={{ name }} />
      </p>
      <div class="actions">
        <EndCall />
      </div>
    </>
  );
}

function EndRound(): VNode {
  const { send } = usePage();
  return (
    <button
      type="button"
      class="round danger"
      onClick={() => {
        send({ kind: "hangUp" });
      }}
    >
      <Icon name="phone-off" />
      <span class="unseen">
        <T k="call.end" />
      </span>
    </button>
  );
}
