/** Turn errors into the few words that the screens know. */

import { NetworkError, OutOfStepError } from "../errors";
import type { EndReason } from "../protocol/callEvents";
import { Status } from "../wire/status";
import { StatusError } from "./replies";

/** Say to the screens what a home's refusal means. */
export function statusWords(status: Status): "quota" | "full" | "unexpected" {
  if (status === Status.QUOTA || status === Status.UNAVAILABLE) return "quota";
  return status === Status.FULL ? "full" : "unexpected";
}

/** Say why a call never came to be. */
export function placingFailure(error: unknown): EndReason {
  if (error instanceof OutOfStepError) return "out_of_step";
  if (error instanceof NetworkError || error instanceof StatusError) return "unreachable";
  return "failed";
}

/** Go on without what the network would not do. */
export function ignoreNetwork(error: unknown): void {
  if (!(error instanceof NetworkError)) throw error;
}
