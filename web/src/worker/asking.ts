/** Ask what may be asked twice: again on the next line, while there is time. */

import { NetworkError } from "../errors";
import type { Clock } from "../platform/clock";
import type { Reply } from "../wire/line";
import type { HomeLine } from "./line";
import type { Asking } from "./lineListener";

/** A line may open and freeze under the first question (spec/endpoints.md §3). */
export async function requestSurely(
  line: HomeLine,
  request: Asking,
  patience: number,
  clock: Clock,
): Promise<Reply> {
  const until = clock.now() + patience;
  for (;;) {
    try {
      return await line.request(request);
    } catch (error) {
      const left = until - clock.now();
      if (!(error instanceof NetworkError) || left <= 0) throw error;
      await line.waitOpen(left);
    }
  }
}
