/** Find the sentence for what went wrong outside a call. */

import type { MicrophoneFault } from "../platform/microphone";
import type { InvitationFault, Notice } from "../worker/messages";
import type { Key } from "./words";

type FailureWords = Extract<Notice, { kind: "failed" }>["words"];

const FAULTS: Readonly<Record<InvitationFault, Key>> = {
  used: "accept.used",
  expired: "accept.expired",
  cancelled: "accept.cancelled",
  altered: "accept.altered",
  newer: "accept.newer",
  unreachable: "accept.unreachable",
};

const FAILURES: Readonly<Record<FailureWords, Key>> = {
  quota: "fail.quota",
  network: "fail.network",
  uninvited: "fail.uninvited",
  full: "fail.full",
  crowded: "fail.crowded",
  unexpected: "fail.unexpected",
};

const MICROPHONE: Readonly<Record<MicrophoneFault, Key>> = {
  refused: "mic.refused",
  none: "mic.none",
  busy: "mic.busy",
  insecure: "secure.title",
};

export function faultKey(fault: InvitationFault): Key {
  return FAULTS[fault];
}

export function failureKey(words: FailureWords): Key {
  return FAILURES[words];
}

export function microphoneKey(fault: MicrophoneFault): Key {
  return MICROPHONE[fault];
}
