/**
 * What the two audio worklets and the Worker say to each other over their MessagePorts.
 *
 * Both ways a frame is the buffer of 960 floats (20 ms of 48 kHz mono) and nothing else, transferred,
 * not copied.
 */

/** playout → Worker: so many frames are wanted. */
export interface Need {
  readonly need: number;
}

export const FRAME_SAMPLES = 960;

/** Tell what came over the playout port. */
export function neededFrames(message: unknown): number {
  if (typeof message !== "object" || message === null || !("need" in message)) return 0;
  return typeof message.need === "number" ? message.need : 0;
}
