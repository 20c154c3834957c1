/** Get the microphone, and say in one word why not. */

export type MicrophoneFault = "refused" | "none" | "insecure" | "busy";

export class MicrophoneError extends Error {
  override readonly name = "MicrophoneError";

  constructor(readonly fault: MicrophoneFault) {
    super(`no microphone: ${fault}`);
  }
}

/** A microphone that is open. */
export interface Microphone {
  /** As the browser calls it. */
  readonly name: string;
  /** The id that was asked for; null when the system chose, or that device was not there. */
  readonly chosen: string | null;
  /** Let a context hear it. */
  source(context: AudioContext): AudioNode;
  /** Whether it still hears: one that was pulled out does not. */
  isLive(): boolean;
  /** Give it back: the browser's sign goes off. */
  close(): void;
}

/**
 * Open the microphone with echo cancellation, noise suppression and gain control.
 *
 * Without the device that is asked for the system's own choice is taken. `gone` is called when the
 * device vanishes. Throws `MicrophoneError`.
 */
export async function openMicrophone(
  deviceId: string | null,
  gone: () => void,
): Promise<Microphone> {
  const stream = deviceId === null ? await open({}) : await openOr(deviceId);
  const track = stream.getAudioTracks()[0];
  if (track === undefined) throw new MicrophoneError("none");
  track.addEventListener("ended", gone);
  return {
    name: track.label,
    chosen: track.getSettings().deviceId === deviceId ? deviceId : null,
    source: (context) => new MediaStreamAudioSourceNode(context, { mediaStream: stream }),
    isLive: () => track.readyState === "live",
    close: () => {
      track.removeEventListener("ended", gone);
      track.stop();
    },
  };
}

/** A device that is gone, or taken by another program, must keep nobody from calling. */
async function openOr(deviceId: string): Promise<MediaStream> {
  try {
    return await open({ deviceId: { exact: deviceId } });
  } catch (error) {
    if (!(error instanceof MicrophoneError) || error.fault === "refused") throw error;
    return open({});
  }
}

async function open(device: Pick<MediaTrackConstraints, "deviceId">): Promise<MediaStream> {
  // An insecure page has no mediaDevices, whatever the types say.
  if (!isSecureContext) throw new MicrophoneError("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        channelCount: 1,
        ...device,
      },
    });
  } catch (error) {
    throw new MicrophoneError(faultOf(error));
  }
}

function faultOf(error: unknown): MicrophoneFault {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "none";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "refused";
}
