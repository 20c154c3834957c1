/** A network on which nothing is but a few documents, and which remembers what was asked of it. */

import { NetworkError } from "../../src/errors";
import type { Web } from "../../src/platform/websocket";
import type { Bytes } from "../../src/wire/bytes";

export class FakeWeb implements Web {
  /** By address. */
  readonly documents = new Map<string, Bytes>();
  readonly asked: string[] = [];

  connect(): Promise<never> {
    return Promise.reject(new NetworkError("there is no network", "host_unreachable"));
  }

  get(url: string): Promise<{ status: number; body: Bytes }> {
    this.asked.push(url);
    const body = this.documents.get(url);
    return body === undefined ? this.connect() : Promise.resolve({ status: 200, body });
  }
}
