/** What a call asks of its voice, and what the voice tells the call (the model is client/voice.py). */

import type { Bytes } from "../wire/bytes";
import type { CallQuality } from "./messages";

/** The two RFC 9605 base keys of one call. */
export interface MediaKeys {
  readonly sendKey: Bytes;
  readonly receiveKey: Bytes;
}

/** What a voice tells about the sound; milliseconds throughout. */
export type VoiceEvent =
  /** The first frame of the other side was played. */
  | { readonly kind: "connected" }
  | { readonly kind: "quality"; readonly quality: CallQuality }
  /** Nothing has been heard of the other side for `silentMs`; told again as it grows. */
  | { readonly kind: "trouble"; readonly silentMs: number }
  | { readonly kind: "recovered" }
  | { readonly kind: "levels"; readonly theirs: number; readonly yours: number; readonly lost: boolean };

/** What a voice may call; none of it waits. */
export interface VoiceHooks {
  /** Send one message of sealed packets, or drop it when the line cannot take it now. */
  send(packets: readonly Bytes[]): void;
  /** Give the share of messages since the last time that were dropped here. */
  droppedShare(): number;
  /** Say whether messages are to go on two lines; the same wish again costs nothing. */
  wantSpare(wanted: boolean): void;
  /** Note that an authentic frame came. */
  heard(): void;
  tell(event: VoiceEvent): void;
  /** The other side has been silent for a while: ask whether the line still works. */
  probe(): void;
  /** The sound cannot go on: a codec or a port of this side failed. */
  failed(): void;
}

/** Carry the voices of one call. Moments are seconds of the monotonic clock. */
export interface CallVoice {
  /** Take one sealed frame; before `start` the newest 2 s are kept (spec/call.md §3). */
  receive(sealed: Bytes, now: number): void;
  /** Talk and listen under these keys from now on, until `stop`. */
  start(keys: MediaKeys): void;
  /** While muted, silence is encoded: sizes and rhythm stay as they are. */
  mute(muted: boolean): void;
  /** Stop, and forget the keys. */
  stop(): void;
}

/** Make the voice of one call; null while the screens have given no microphone. */
export type MakeVoice = (hooks: VoiceHooks) => CallVoice | null;
