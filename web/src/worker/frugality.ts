/** Keep to what the person chose about the network. */

import { type Mode, SAVER, STANDARD, SURVIVAL } from "../media/modes";
import type { DataUse, Frugality } from "./messages";

const CEILINGS: Readonly<Record<DataUse, Mode>> = {
  clear: STANDARD,
  saver: SAVER,
  lowest: SURVIVAL,
};

/** What holds until the person chooses otherwise. */
export const GENEROUS: Frugality = { isCareful: false, dataUse: "clear" };

/** Give the largest mode that may be spoken. */
export function ceilingOf({ dataUse }: Frugality): Mode {
  return CEILINGS[dataUse];
}
