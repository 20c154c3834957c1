/**
 * How a request to a home ended (spec/registry.md §3).
 *
 * `REFUSED` covers an unknown mailbox and a wrong capability alike: a guesser must not learn which
 * mailboxes exist.
 */
export const Status = {
  OK: 0,
  REFUSED: 1,
  FULL: 2,
  QUOTA: 3,
  EXPIRED: 4,
  BAD_REQUEST: 5,
  TAKEN: 6,
  UNAVAILABLE: 7,
} as const;
export type Status = (typeof Status)[keyof typeof Status];
