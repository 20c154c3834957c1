/** Tell the time: two clocks, because one of them may be set by hand in mid-call. */

export interface Clock {
  /** Seconds of a clock that only goes forward. */
  now(): number;
  /** Unix seconds, by this device's clock. */
  unix(): number;
}

export const deviceClock: Clock = {
  now: () => performance.now() / 1000,
  unix: () => Math.floor(Date.now() / 1000),
};
