/** What the person must know before a call: no network, no store, a wrong clock, a failure. */

import type { VNode } from "preact";
import type { Model, StoreTrouble } from "../model";
import { usePage } from "../page";
import { Button, Notice } from "../parts";
import { type Key, T } from "../words";

const STORE: Readonly<Record<StoreTrouble, Key>> = {
  private: "store.no",
  unwritable: "store.unwritable",
  newer: "store.newer",
};

export function Warnings({ model }: { readonly model: Model }): VNode {
  const { dispatch, reload } = usePage();
  const { failure, storeTrouble, online, older, gate } = model;
  return (
    <>
      {failure !== null && (
        <Notice icon="triangle-alert" tone="danger">
          <p>
            <T k={failure} />
          </p>
          <Button
            look="quiet"
            onPress={() => {
              dispatch({ kind: "failureSeen" });
            }}
          >
            <T k="fail.close" />
          </Button>
        </Notice>
      )}
      {!online && (
        <Notice icon="wifi-off" tone="warn">
          <p>
            <T k="net.off" />
          </p>
        </Notice>
      )}
      {older && (
        <Notice icon="info" tone="warn">
          <p>
            <T k="page.older" />
          </p>
          <Button look="quiet" onPress={reload}>
            <T k="page.reload" />
          </Button>
        </Notice>
      )}
      {storeTrouble !== null && (
        <Notice icon="triangle-alert" tone="warn">
          <p>
            <T k={STORE[storeTrouble]} />
          </p>
          {storeTrouble === "newer" && (
            <Button look="quiet" onPress={reload}>
              <T k="page.reload" />
            </Button>
          )}
        </Notice>
      )}
      {gate.kind === "open" && gate.view.homeTrouble !== null && (
        <Notice icon="shield-x" tone="danger">
          <p>
            <T k={gate.view.homeTrouble === "link" ? "home.otherlink" : "home.changed"} />
          </p>
        </Notice>
      )}
      {gate.kind === "open" && gate.view.clockWrong && (
        <Notice icon="triangle-alert" tone="warn">
          <p>
            <T k="clock.wrong" />
          </p>
        </Notice>
      )}
    </>
  );
}
