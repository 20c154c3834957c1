/** Name the 64 signs that two people compare: the specification's own table. */

import table from "../../../spec/emoji.json";

/** One sign and what to call it aloud; the names are translations of each other. */
export interface Emoji {
  readonly symbol: string;
  readonly en: string;
  readonly fa: string;
}

/** Indexed by six bits of the SAS. Changing the order is a change of the protocol. */
export const EMOJI: readonly Emoji[] = table;
