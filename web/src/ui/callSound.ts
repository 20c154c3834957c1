/** Get the microphone for a call, and give it back when the call is over. */

import { type AudioGraph, openAudioGraph } from "../platform/audioGraph";
import { MicrophoneError, type MicrophoneFault } from "../platform/microphone";

/** The sound of at most one call; whoever asks while it is being opened is not heard twice. */
export class CallSound {
  #graph: AudioGraph | null = null;
  #isOpening = false;
  /** The call for which the sound was opened has been seen. */
  #isUsed = false;

  /** Open the microphone and give the ports; a fault says why not; null when it is being opened. */
  async open(): Promise<AudioGraph | MicrophoneFault | null> {
    if (this.#isOpening) return null;
    this.#isOpening = true;
    this.close();
    try {
      this.#graph = await openAudioGraph();
      this.#isUsed = false;
      return this.#graph;
    } catch (error) {
      return error instanceof MicrophoneError ? error.fault : "busy";
    } finally {
      this.#isOpening = false;
    }
  }

  /** Take notice whether a call goes on: after its end the microphone's light must go out. */
  follow(isInCall: boolean): void {
    if (isInCall) this.#isUsed = true;
    else if (this.#isUsed) this.close();
  }

  close(): void {
    this.#graph?.close();
    this.#graph = null;
    this.#isUsed = false;
  }
}
