/**
 * The errors that the client raises on purpose (the model is Python's `hamseda.errors`).
 *
 * No error text contains a key, a capability, a token or an address of a person.
 */

export class HamsedaError extends Error {
  override readonly name: string = "HamsedaError";

  /** `next` is what a person can do about it; empty where there is nothing. */
  constructor(
    message: string,
    readonly next = "",
  ) {
    super(message);
  }
}

/**
 * Foreign bytes are not what the specification allows.
 *
 * Parsing, decapsulation and authentication failures are all this one error, with the one meaning
 * "bad message": a peer must not learn which check failed (spec/handshake.md §1).
 */
export class WireError extends HamsedaError {
  override readonly name: string = "WireError";
}

/** Foreign bytes are of a version that only a newer release of hamseda understands. */
export class NewerReleaseError extends WireError {
  override readonly name = "NewerReleaseError";

  constructor(what: string) {
    super(`${what} is of a newer release of hamseda than this page`);
  }
}

/** The caller asked for something that cannot be meant. */
export class UsageError extends HamsedaError {
  override readonly name = "UsageError";
}

/** The other side, or the home, said no. */
export class RefusedError extends HamsedaError {
  override readonly name = "RefusedError";
}

/** The network or the home cannot be reached; `failure` is one string of spec/failures.md. */
export class NetworkError extends HamsedaError {
  override readonly name = "NetworkError";

  constructor(
    message: string,
    readonly failure = "unknown_failure",
    next = "",
  ) {
    super(message, next);
  }
}

/** Something was altered, does not match, or is out of step: do not go on. */
export class TrustError extends HamsedaError {
  override readonly name: string = "TrustError";
}

/** The keys of a contact no longer fit the other side's: one of the two is an old copy. */
export class OutOfStepError extends TrustError {
  override readonly name = "OutOfStepError";
}
