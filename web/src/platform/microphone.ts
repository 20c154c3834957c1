/** Get the microphone, and say in one word why not. */

export type MicrophoneFault = "refused" | "none" | "insecure" | "busy";

export class MicrophoneError extends Error {
  override readonly name = "MicrophoneError";

  constructor(readonly fault: MicrophoneFault) {
    super(`no microphone: ${fault}`);
  }
}

/** Open the microphone with echo cancellation, noise suppression and gain control. */
export async function openMicrophone(deviceId: string | null = null): Promise<MediaStream> {
  // An insecure page has no mediaDevices, whatever the types say.
  if (!isSecureContext) throw new MicrophoneError("insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        channelCount: 1,
        ...(deviceId === null ? {} : { deviceId: { exact: deviceId } }),
      },
    });
  } catch (error) {
    throw new MicrophoneError(faultOf(error));
  }
}

/** Give the microphone back: the browser's sign goes off. */
export function closeMicrophone(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function faultOf(error: unknown): MicrophoneFault {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "none";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "refused";
}
