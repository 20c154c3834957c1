/** What the numbers of a call are, and which devices it uses: for who wants to know. */

import type { VNode } from "preact";
import { formatMilliseconds, formatShare } from "../format";
import type { Model } from "../model";
import { usePage } from "../page";
import { Button } from "../parts";
import { DATA_KEYS } from "../preferences";
import { T, useLanguage } from "../words";
import { Devices } from "./Devices";

export function CallDetails({ model, onClose }: {
  readonly model: Model;
  readonly onClose: () => void;
}): VNode {
  const { quality, sent } = usePage();
  const language = useLanguage();
  const { latest, onTime } = quality.value;
  const { as } = sent.value;
  const rttMs = latest?.rttMs ?? null;
  return (
    <aside class="panel">
      <header>
        <h2>
          <T k="call.details" />
        </h2>
        <Button icon="x" look="chip" onPress={onClose}>
          <T k="fail.close" />
        </Button>
      </header>
      <dl>
        <dt>
          <T k="details.route" />
        </dt>
        <dd>
          <T k="path.line" />
        </dd>
        <dt>
          <T k="details.rtt" />
        </dt>
        <dd>
          {rttMs === null ? "–" : formatMilliseconds(language, rttMs)}
        </dd>
        <dt>
          <T k="details.ontime" />
        </dt>
        <dd>{onTime === null ? "–" : formatShare(language, onTime)}</dd>
        <dt>
          <T k="details.sent" />
        </dt>
        <dd>{as === null ? "–" : <T k={DATA_KEYS[as]} />}</dd>
      </dl>
      <Devices sound={model.sound} />
    </aside>
  );
}
