/**
 * Encode and decode what one SFrame packet carries: an audio frame or a receiver report.
 *
 * Layout (spec/media.md §2, §3): `t(4) ‖ code(1) ‖ payload`, big-endian. `t` counts 48 kHz samples
 * and wraps; `code` is the mode of an audio frame, or `REPORT`. A report is padded with zeros to the
 * size of an audio frame of the call's mode, so that sizes tell a listener nothing.
 */

import { WireError } from "../errors";
import type { Bytes } from "./bytes";

/** The code of a receiver report; mode codes stay below it. */
export const REPORT = 0x80;

/** The exact size of an Opus packet of each mode: constant, because sizes leak speech. */
export const OPUS_BYTES: ReadonlyMap<number, number> = new Map([
  [1, 60],
  [2, 120],
  [3, 120],
  [4, 180],
  [5, 135],
]);

/** The value of `heldMs` before the first report of the other side. */
export const NOTHING_HEARD = 0xffff_ffff;

export const HEADER_BYTES = 5;
export const REPORT_BYTES = 30;
export const UINT32 = 0xffff_ffff;

/** One Opus packet and the moment of its first sample. */
export interface AudioFrame {
  readonly kind: "audio";
  /** Media time in 48 kHz samples, modulo 2^32. */
  readonly t: number;
  readonly code: number;
  readonly opus: Bytes;
}

/**
 * How the frames of the other side arrive here, and an echo of its clock.
 *
 * The four frame counts are cumulative over the call and stop at 2^32 - 1.
 */
export interface Report {
  readonly kind: "report";
  /** Media time of the sender when it reported; nothing depends on it. */
  readonly t: number;
  /** The sender's clock in milliseconds since its start of the call, modulo 2^32. */
  readonly sentMs: number;
  /** `sentMs` of the newest report heard from the other side; 0 when there was none. */
  readonly echoMs: number;
  /** How long ago that one was heard; `NOTHING_HEARD` when there was none. */
  readonly heldMs: number;
  readonly expected: number;
  readonly onTime: number;
  readonly late: number;
  readonly lost: number;
  readonly bufferMs: number;
}

/** Tell whether the other side had heard a report before it sent this one. */
export function hasEcho(report: Report): boolean {
  return report.heldMs !== NOTHING_HEARD;
}

/** Encode one audio frame; a size that is not its mode's throws `RangeError`. */
export function encodeAudio(frame: Omit<AudioFrame, "kind">): Bytes {
  if (OPUS_BYTES.get(frame.code) !== frame.opus.length) {
    throw new RangeError(
      `an Opus packet of ${frame.opus.length} bytes is not of mode ${frame.code}`,
    );
  }
  const data = new Uint8Array(HEADER_BYTES + frame.opus.length);
  writeHeader(data, frame.t, frame.code);
  data.set(frame.opus, HEADER_BYTES);
  return data;
}

/** Encode one report, padded to the size of an audio frame of the mode. */
export function encodeReport(report: Omit<Report, "kind">, modeCode: number): Bytes {
  const size = OPUS_BYTES.get(modeCode);
  if (size === undefined) throw new RangeError(`mode ${modeCode} is not in the registry`);
  const data = new Uint8Array(HEADER_BYTES + size);
  writeHeader(data, report.t, REPORT);
  const view = new DataView(data.buffer, HEADER_BYTES);
  [
    report.sentMs,
    report.echoMs,
    report.heldMs,
    Math.min(report.expected, UINT32),
    Math.min(report.onTime, UINT32),
    Math.min(report.late, UINT32),
    Math.min(report.lost, UINT32),
  ].forEach((value, index) => {
    view.setUint32(4 * index, value);
  });
  view.setUint16(28, Math.min(report.bufferMs, 0xffff));
  return data;
}

function writeHeader(data: Bytes, t: number, code: number): void {
  // DataView writes modulo 2^32: media time and clocks wrap by it.
  new DataView(data.buffer).setUint32(0, t);
  data[4] = code;
}

/** Decode one media plaintext. Whatever the bytes, throw `WireError` or nothing. */
export function parseAudioUntrusted(data: Bytes): AudioFrame | Report {
  if (data.length <= HEADER_BYTES) {
    throw new WireError(`media plaintext has ${data.length} bytes, its header alone needs more`);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [t, code] = [view.getUint32(0), view.getUint8(4)];
  const payload = data.slice(HEADER_BYTES);
  if (code === REPORT) return parseReportUntrusted(t, payload);
  const size = OPUS_BYTES.get(code);
  if (size === undefined) throw new WireError(`media code ${code} is not in the registry`);
  if (payload.length !== size) {
    throw new WireError(`mode ${code} has packets of ${size} bytes, this one has ${payload.length}`);
  }
  return { kind: "audio", t, code, opus: payload };
}

function parseReportUntrusted(t: number, payload: Bytes): Report {
  if (![...OPUS_BYTES.values()].includes(payload.length)) {
    throw new WireError(`a report of ${payload.length} bytes has the size of no mode`);
  }
  if (payload.subarray(REPORT_BYTES).some((byte) => byte !== 0)) {
    throw new WireError("the padding of a report is not zero");
  }
  const view = new DataView(payload.buffer);
  return {
    kind: "report",
    t,
    sentMs: view.getUint32(0),
    echoMs: view.getUint32(4),
    heldMs: view.getUint32(8),
    expected: view.getUint32(12),
    onTime: view.getUint32(16),
    late: view.getUint32(20),
    lost: view.getUint32(24),
    bufferMs: view.getUint16(28),
  };
}
