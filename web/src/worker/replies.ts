/** What a home's replies say. */

import { HamsedaError } from "../errors";
import type { Bytes } from "../wire/bytes";
import type { Reply } from "../wire/line";
import { Status } from "../wire/status";

/** The home answered a request with another status than ok. */
export class StatusError extends HamsedaError {
  override readonly name = "StatusError";

  constructor(readonly status: Status) {
    super(`the home answered with status ${status}`);
  }
}

/** The home makes mailboxes only for people who were invited to it. */
export class UninvitedError extends HamsedaError {
  override readonly name = "UninvitedError";
}

/** Give the data of a good reply; throw `StatusError` for any other. */
export function requireOk(reply: Reply): Bytes {
  if (reply.status !== Status.OK) throw new StatusError(reply.status);
  return reply.data ?? new Uint8Array(0);
}
