/** Turn errors into the few words that the screens know. */

import { NetworkError, OutOfStepError } from "../errors";
import type { EndReason } from "../protocol/callEvents";
import { Status } from "../wire/status";
import { ElsewhereError, FaultError } from "./accepting";
import type { Failure, Notice } from "./messages";
import { FailureCode } from "./records";
import { StatusError, UninvitedError } from "./replies";

/** Say to the screens what did not work. */
export function failureWords(
  error: unknown,
): "network" | "quota" | "full" | "uninvited" | "unexpected" {
  if (error instanceof NetworkError) return "network";
  if (error instanceof UninvitedError) return "uninvited";
  return error instanceof StatusError ? statusWords(error.status) : "unexpected";
}

/** Say to the screens what a home's refusal means. */
function statusWords(status: Status): "quota" | "full" | "unexpected" {
  if (status === Status.QUOTA || status === Status.UNAVAILABLE) return "quota";
  return status === Status.FULL ? "full" : "unexpected";
}

/** Say why an invitation could not be accepted; null when that is no failure that is known. */
export function acceptingFailure(error: unknown, link: string): Notice | null {
  if (error instanceof ElsewhereError) return { kind: "otherHome", link };
  if (error instanceof FaultError) return { kind: "invitationFault", fault: error.fault };
  if (!(error instanceof NetworkError)) return null;
  const fault = error.failure === "newer_release" ? "newer" : "unreachable";
  return { kind: "invitationFault", fault };
}

/** Say why a call never came to be. */
export function placingFailure(error: unknown): EndReason {
  if (error instanceof OutOfStepError) return "out_of_step";
  if (error instanceof NetworkError || error instanceof StatusError) return "unreachable";
  return "failed";
}

/** Name why the network failed; null when it was not the network. */
export function failureName(error: unknown): Failure | null {
  if (!(error instanceof NetworkError)) return null;
  const { failure } = error;
  return isKnown(failure) ? failure : "unknown_failure";
}

function isKnown(failure: string): failure is Failure {
  return failure in FailureCode;
}

/** Go on without what the network would not do. */
export function ignoreNetwork(error: unknown): void {
  if (!(error instanceof NetworkError)) throw error;
}
