/**
 * Join microphone, worklets and speaker for one call; runs on the main thread.
 *
 * The ports that come out go to the Worker: samples never pass through this thread's own code.
 */

import { SAMPLE_RATE } from "../media/modes";
import { playTo } from "./devices";
import { type Microphone, openMicrophone } from "./microphone";
import { checkedPart } from "./part";
import soundUrl from "./sound.worklet?worker&url";

/** The sound of one call. */
export interface AudioGraph {
  /** Transfer these two to the Worker. */
  readonly capture: MessagePort;
  readonly playout: MessagePort;
  /** The microphone of the moment. */
  microphone(): Microphone;
  /** Hear another microphone from now on, without a gap, and give the last one back. */
  hear(microphone: Microphone): void;
  /** Play to a speaker, null for the system's own choice; rejects when it is not there. */
  play(speaker: string | null): Promise<void>;
  /** Stop everything and give the microphone back. */
  close(): void;
}

/**
 * Open the microphone and the speaker; needs a user's gesture once.
 *
 * `gone` is called when the microphone vanishes. Throws `MicrophoneError`.
 */
export async function openAudioGraph(
  microphoneId: string | null,
  gone: () => void,
): Promise<AudioGraph> {
  const context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: "interactive" });
  try {
    const [microphone] = await Promise.all([
      openMicrophone(microphoneId, gone),
      checkedPart(soundUrl).then((url) => context.audioWorklet.addModule(url)),
    ]);
    await context.resume();
    return join(context, microphone);
  } catch (error) {
    await context.close();
    throw error;
  }
}

function join(context: AudioContext, first: Microphone): AudioGraph {
  const capture = new AudioWorkletNode(context, "hamseda-capture", {
    numberOfOutputs: 0,
    channelCount: 1,
    channelCountMode: "explicit",
  });
  const playout = new AudioWorkletNode(context, "hamseda-playout", {
    numberOfInputs: 0,
    outputChannelCount: [1],
  });
  let microphone = first;
  let source = first.source(context);
  source.connect(capture);
  playout.connect(context.destination);
  const [captureChannel, playoutChannel] = [new MessageChannel(), new MessageChannel()];
  capture.port.postMessage(captureChannel.port1, [captureChannel.port1]);
  playout.port.postMessage(playoutChannel.port1, [playoutChannel.port1]);
  return {
    capture: captureChannel.port2,
    playout: playoutChannel.port2,
    microphone: () => microphone,
    hear: (next) => {
      const heard = next.source(context);
      heard.connect(capture);
      source.disconnect();
      source = heard;
      microphone.close();
      microphone = next;
    },
    play: (speaker) => playTo(context, speaker),
    close: () => {
      capture.port.postMessage("stop");
      playout.port.postMessage("stop");
      microphone.close();
      void context.close();
    },
  };
}
