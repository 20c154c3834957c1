/**
 * What the two audio worklets and the Worker say to each other over their MessagePorts.
 *
 * Sound is the buffer of its floats (48 kHz mono), transferred, not copied, and nothing else:
 * capture → Worker a frame of 20 ms, Worker → playout a piece of 10 ms.
 */

/** playout → Worker: so many pieces are wanted. */
export interface Need {
  readonly need: number;
}

export const FRAME_SAMPLES = 960;
export const PIECE_SAMPLES = 480;

/** Tell what came over the playout port. */
export function neededPieces(message: unknown): number {
  if (typeof message !== "object" || message === null || !("need" in message)) return 0;
  return typeof message.need === "number" ? message.need : 0;
}
