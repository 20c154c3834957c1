// A file of cases.
import { hex } from "./bytes.mjs";

function plain(value) {
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  return value;
}

export class Page {
  constructor(name, spec) {
    Object.assign(this, { name, spec, cases: [] });
  }

  #add(id, what, failure, op, input, out, source = "js") {
    if (this.cases.some((c) => c.id === id)) throw new Error(`${this.name}: ${id} stands twice`);
    const body = { in: plain({ op, ...input }), out: plain(out) };
    this.cases.push({ id, what, valid: failure === "", failure, source, ...body });
  }

  ok(id, what, op, input, out, source) {
    this.#add(id, what, "", op, input, out, source);
  }

  bad(id, what, failure, op, input, source) {
    this.#add(id, what, failure, op, input, {}, source);
  }

  /** One case a line, so that a difference shows which. */
  toString() {
    const lines = this.cases.map((c) => JSON.stringify(c)).join(",\n");
    return `{"name":"${this.name}","spec":"${this.spec}","cases":[\n${lines}\n]}\n`;
  }
}
