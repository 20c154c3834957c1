import { cat, cut, flip, longer, random, uint, zeros } from "../lib/bytes.mjs";
import { Page } from "../lib/page.mjs";

const r = (name, n) => random(`media ${name}`, n);
const SIZES = { 1: 60, 2: 120, 3: 120, 4: 180, 5: 135 };
const message = (handle, packets) => cat(3, handle, ...packets.map((p) => cat(uint(p.length, 2), p)));

function messages(page) {
  const frame = r("frame", 86);
  const lists = { one: [3, [frame]], two: [0, [frame, r("report", 86)]], uneven: [7, [r("a", 17), r("b", 300), r("c", 86)]], largest: [1, [r("big", 1020)]], "largest-two": [1, [r("x", 509), r("y", 509)]] };
  for (const [id, [handle, packets]] of Object.entries(lists)) {
    page.ok(`message-format-${id}`, "a media message", "media_message_format", { handle, packets }, { message: message(handle, packets) });
    page.ok(`message-${id}`, "a media message", "media_message", { message: message(handle, packets) }, { handle, packets });
  }
  const good = message(3, [frame]);
  const bad = (id, what, failure, m) => page.bad(`message-${id}`, what, failure, "media_message", { message: m });
  bad("kind", "kind byte 02", "wrong value", cat(2, good.slice(1)));
  bad("handle-8", "handle 8", "wrong value", message(8, [frame]));
  bad("truncated", "a byte short", "truncated", cut(good));
  bad("longer", "a byte behind the last packet", "one byte too long", longer(good));
  bad("half-length", "ends within a length", "truncated", good.slice(0, 3));
  bad("no-packet", "no packet", "missing field", good.slice(0, 2));
  bad("no-handle", "only the kind byte", "missing field", good.slice(0, 1));
  bad("length-0", "a packet of no bytes", "wrong length", message(3, [zeros(0)]));
  bad("1025", "1025 bytes in all", "one byte too long", message(1, [r("too big", 1021)]));
  bad("length-beyond", "a length beyond the end", "wrong length", cat(good.slice(0, 2), uint(87, 2), good.slice(4)));
}

function plaintexts(page) {
  for (const [code, size] of Object.entries(SIZES)) {
    const payload = r(`opus ${code}`, size);
    const fields = { t: 960 * Number(code), code: Number(code), payload };
    const plaintext = cat(uint(fields.t, 4), fields.code, payload);
    page.ok(`plaintext-format-${code}`, `mode ${code}`, "plaintext_format", fields, { plaintext });
    page.ok(`plaintext-${code}`, `mode ${code}`, "plaintext", { plaintext }, fields);
    const bad = (id, what, failure, p) => page.bad(`plaintext-${code}-${id}`, what, failure, "plaintext", { plaintext: p });
    bad("short", "a byte short", "truncated", cut(plaintext));
    bad("long", "a byte too long", "one byte too long", longer(plaintext));
  }
  for (const size of [60, 120, 135, 180]) {
    const fields = { t: 2 ** 32 - 1, code: 128, payload: report({ ...REPORTS.typical, size }) };
    page.ok(`plaintext-report-${size}`, "a report of that size", "plaintext", { plaintext: cat(uint(fields.t, 4), 128, fields.payload) }, fields);
  }
  const bad = (id, what, failure, p) => page.bad(`plaintext-${id}`, what, failure, "plaintext", { plaintext: p });
  bad("code-0", "code 0", "wrong value", cat(uint(0, 4), 0, r("opus 1", 60)));
  bad("code-6", "code 6", "wrong value", cat(uint(0, 4), 6, r("opus 1", 60)));
  bad("code-129", "code 129", "wrong value", cat(uint(0, 4), 129, report({ ...REPORTS.typical, size: 60 })));
  bad("no-payload", "only t and code", "missing field", cat(uint(0, 4), 1));
  bad("no-code", "only t", "missing field", uint(0, 4));
  bad("empty", "no bytes", "truncated", zeros(0));
  bad("report-61", "a report of 61 bytes", "wrong length", cat(uint(0, 4), 128, report({ ...REPORTS.typical, size: 61 })));
  bad("mode-1-size-2", "mode 1 with the size of mode 2", "wrong length", cat(uint(0, 4), 1, r("opus 2", 120)));
}

const ORDER = ["sent_ms", "echo_ms", "held_ms", "expected", "on_time", "late", "lost"];
const REPORTS = {
  first: { sent_ms: 1000, echo_ms: 0, held_ms: 2 ** 32 - 1, expected: 0, on_time: 0, late: 0, lost: 0, buffer_ms: 0 },
  typical: { sent_ms: 123456, echo_ms: 122000, held_ms: 412, expected: 6000, on_time: 5950, late: 20, lost: 30, buffer_ms: 60 },
  largest: { ...Object.fromEntries(ORDER.map((k) => [k, 2 ** 32 - 1])), held_ms: 2 ** 32 - 2, buffer_ms: 65535 },
};

function report({ size, ...fields }) {
  const head = cat(...ORDER.map((k) => uint(fields[k], 4)), uint(fields.buffer_ms, 2));
  return cat(head, zeros(size - head.length));
}

function reports(page) {
  for (const [id, fields] of Object.entries(REPORTS))
    for (const size of id === "typical" ? [60, 120, 180, 135] : [60]) {
      const payload = report({ ...fields, size });
      page.ok(`report-format-${id}-${size}`, "a receiver report", "report_format", { size, ...fields }, { payload });
      page.ok(`report-${id}-${size}`, "a receiver report", "report", { payload }, fields);
    }
  const good = report({ ...REPORTS.typical, size: 60 });
  const bad = (id, what, failure, payload) => page.bad(`report-${id}`, what, failure, "report", { payload });
  bad("truncated", "59 bytes", "truncated", cut(good));
  bad("longer", "61 bytes", "one byte too long", longer(good));
  bad("fields-only", "30 bytes without padding", "wrong length", good.slice(0, 30));
  bad("empty", "no bytes", "truncated", zeros(0));
  bad("padding", "the padding is not zero", "bad padding", flip(good, -1));
  bad("padding-first", "the first byte of the padding is not zero", "bad padding", flip(good, 30));
}

export default function media() {
  const page = new Page("media", "spec/media.md");
  messages(page);
  plaintexts(page);
  reports(page);
  return page;
}
