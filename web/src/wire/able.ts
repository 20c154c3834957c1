/** What two contacts tell each other that their programs understand (spec/growth.md §3). */

import { type Of, structure, uints } from "./structure";

export const ABILITIES_MOST = 16;

/** What a side understands beyond the bodies 1 to 12 (registry §8); unknown numbers are kept. */
export const Able = structure("able", { abilities: uints(0, ABILITIES_MOST) });
export type Able = Of<typeof Able>;
