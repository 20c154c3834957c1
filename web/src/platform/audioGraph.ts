/**
 * Join microphone, worklets and speaker for one call; runs on the main thread.
 *
 * The ports that come out go to the Worker: samples never pass through this thread's own code.
 */

import { SAMPLE_RATE } from "../media/modes";
import { closeMicrophone, openMicrophone } from "./microphone";
import soundUrl from "./sound.worklet?worker&url";

/** The sound of one call. */
export interface AudioGraph {
  /** Transfer these two to the Worker. */
  readonly capture: MessagePort;
  readonly playout: MessagePort;
  /** Stop everything and give the microphone back. */
  close(): void;
}

/** Open the microphone and the speaker. Throws `MicrophoneError`; needs a user's gesture once. */
export async function openAudioGraph(deviceId: string | null = null): Promise<AudioGraph> {
  const context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: "interactive" });
  try {
    const [stream] = await Promise.all([
      openMicrophone(deviceId),
      context.audioWorklet.addModule(soundUrl),
    ]);
    await context.resume();
    return join(context, stream);
  } catch (error) {
    await context.close();
    throw error;
  }
}

function join(context: AudioContext, stream: MediaStream): AudioGraph {
  const microphone = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
  const capture = new AudioWorkletNode(context, "hamseda-capture", {
    numberOfOutputs: 0,
    channelCount: 1,
    channelCountMode: "explicit",
  });
  const playout = new AudioWorkletNode(context, "hamseda-playout", {
    numberOfInputs: 0,
    outputChannelCount: [1],
  });
  microphone.connect(capture);
  playout.connect(context.destination);
  const [captureChannel, playoutChannel] = [new MessageChannel(), new MessageChannel()];
  capture.port.postMessage(captureChannel.port1, [captureChannel.port1]);
  playout.port.postMessage(playoutChannel.port1, [playoutChannel.port1]);
  return {
    capture: captureChannel.port2,
    playout: playoutChannel.port2,
    close: () => {
      capture.port.postMessage("stop");
      playout.port.postMessage("stop");
      closeMicrophone(stream);
      void context.close();
    },
  };
}
