/** Randomness that is the same each time, for tests that tell one run from another by their seed. */

import { EMPTY, Label, type Rng, kdf } from "../../src/crypto/keySchedule";
import { uintBytes, utf8 } from "../../src/wire/bytes";

/** Make a generator; two with the same seed give the same bytes. */
export function dice(seed: string): Rng {
  let thrown = 0;
  return (size) => {
    thrown += 1;
    return kdf(utf8(seed), EMPTY, Label.LINE, size, uintBytes(thrown, 4));
  };
}
