/** Say why a line broke, in the words of spec/failures.md. */

import { NetworkError, NewerReleaseError, TrustError, WireError } from "../errors";

/** The home did not answer in time. */
export function late(): NetworkError {
  return new NetworkError("the home does not answer", "generic_timeout_error");
}

/** The home's end of the connection is there, but no hello comes. */
export function mute(): NetworkError {
  return new NetworkError("the home connects but does not answer", "line_mute");
}

/** The home is of a later release than this page. */
export function tooNew(error: NewerReleaseError): NetworkError {
  return new NetworkError(error.message, "newer_release", "reload the page");
}

/** Say why a line broke, or could not be opened. */
export function lineFailure(error: unknown): NetworkError {
  if (error instanceof NetworkError) return error;
  if (error instanceof NewerReleaseError) return tooNew(error);
  if (error instanceof WireError || error instanceof TrustError) {
    return new NetworkError(
      "the home does not have the key that belongs to this page's people",
      "line_wrong_key",
      "ask who runs it, by another way than this page",
    );
  }
  console.error("the line failed:", error instanceof Error ? error.name : "unknown");
  return new NetworkError("the line failed");
}
