/** Ring: a soft tone made here (nothing to download), and vibration where there is a motor. */

const EVERY_MS = 3000;
const TONES = [
  { at: 0, hertz: 523.25 },
  { at: 0.45, hertz: 659.25 },
] as const;
const TONE_SECONDS = 0.4;
const FADE_SECONDS = 0.04;
const LOUDNESS = 0.2;
const VIBRATION_MS = [400, 200, 400];

/** Ring until the returned function is called. */
export function startRinging(): () => void {
  const context = new AudioContext();
  const ring = (): void => {
    for (const { at, hertz } of TONES) playTone(context, context.currentTime + at, hertz);
    // Absent on desktops and in Safari, whatever the types say.
    if ("vibrate" in navigator) navigator.vibrate(VIBRATION_MS);
  };
  // A page that nobody has touched yet may make no sound: then the title rings alone.
  context.resume().then(ring, () => undefined);
  const repeating = setInterval(ring, EVERY_MS);
  return () => {
    clearInterval(repeating);
    if ("vibrate" in navigator) navigator.vibrate(0);
    void context.close();
  };
}

function playTone(context: AudioContext, at: number, hertz: number): void {
  const tone = new OscillatorNode(context, { frequency: hertz });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(LOUDNESS, at + FADE_SECONDS);
  gain.gain.setValueAtTime(LOUDNESS, at + TONE_SECONDS - FADE_SECONDS);
  gain.gain.linearRampToValueAtTime(0, at + TONE_SECONDS);
  tone.connect(gain).connect(context.destination);
  tone.start(at);
  tone.stop(at + TONE_SECONDS);
}
