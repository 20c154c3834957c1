/** Why a call went wrong: what to do now, then what this side saw, and how sure that is. */

import type { VNode } from "preact";
import type { EndReason, LogEntry, Trace } from "../../worker/messages";
import { formatNumber, formatTime } from "../format";
import { Icon } from "../icons";
import { SETTINGS } from "../model";
import { useGo, usePage } from "../page";
import { Button } from "../parts";
import { CERTAINTY_KEYS, reportOf, type Told } from "../report";
import { type Seen, seenIn, type Verdict } from "../why";
import { T, useLanguage, type Values } from "../words";
import { CopyButton } from "./CopyButton";

interface WhyProps {
  readonly name: string;
  readonly direction: LogEntry["direction"];
  readonly reason: EndReason;
  readonly durationS: number;
  readonly trace: Trace;
  readonly verdict: Verdict;
}

export function Why({ name, verdict, ...call }: WhyProps): VNode {
  const values = { name };
  const seen = seenIn(call.direction, call.trace);
  return (
    <div class="cards">
      <Next verdict={verdict} values={values} />
      <section class="card">
        <header class="judged">
          <h2>
            <T k="why.saw" />
          </h2>
          <span class={`certainty ${verdict.certainty}`}>
            <T k={CERTAINTY_KEYS[verdict.certainty]} />
          </span>
        </header>
        {verdict.cause !== null && (
          <p>
            <T k={verdict.cause} values={values} />
          </p>
        )}
        {seen.length > 0 && (
          <ol class="steps seen">
            {seen.map((each, at) => (
              <SeenView key={at} seen={each} />
            ))}
          </ol>
        )}
        <CopyReport told={{ ...call, certainty: verdict.certainty }} />
      </section>
    </div>
  );
}

function Next({ verdict, values }: { readonly verdict: Verdict; readonly values: Values }): VNode {
  const language = useLanguage();
  return (
    <section class="card">
      <h2>
        <T k="why.next" />
      </h2>
      <ol class="next">
        {verdict.next.map((step, at) => (
          <li key={step}>
            <span class="number" aria-hidden="true">
              {formatNumber(language, at + 1)}
            </span>
            <span>
              <T k={step} values={values} />
            </span>
          </li>
        ))}
      </ol>
      {verdict.certainty === "unclear" && <TestSound />}
    </section>
  );
}

function TestSound(): VNode {
  const { send } = usePage();
  const go = useGo();
  return (
    <Button
      icon="mic"
      look="quiet"
      onPress={() => {
        send({ kind: "dismissEnded" });
        go(SETTINGS);
      }}
    >
      <T k="set.test" />
    </Button>
  );
}

function SeenView({ seen }: { readonly seen: Seen }): VNode {
  const language = useLanguage();
  const { key, at, seconds, isBad } = seen;
  return (
    <li class={isBad ? "failed" : "done"}>
      <Icon name={isBad ? "circle-x" : "circle-check"} />
      <span>
        <T k={key} values={{ n: seconds }} />
      </span>
      <bdi class="when" dir="ltr">
        {formatTime(language, at, true)}
      </bdi>
    </li>
  );
}

function CopyReport({ told }: { readonly told: Told }): VNode {
  const language = useLanguage();
  return <CopyButton text={reportOf(language, told)} label="why.copy" done="why.copied" look="quiet" />;
}
