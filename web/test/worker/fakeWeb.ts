/** A network on which nothing is but a few documents, and which remembers what was asked of it. */

import { NetworkError } from "../../src/errors";
import type { Web } from "../../src/platform/websocket";
import type { Bytes } from "../../src/wire/bytes";

export class FakeWeb implements Web {
  /** By address. */
  readonly documents = new Map<string, Bytes>();
  readonly asked: string[] = [];
  /** What happens while the person waits for an answer. */
  meanwhile: () => Promise<void> = () => Promise.resolve();

  connect(): Promise<never> {
    return Promise.reject(new NetworkError("there is no network", "host_unreachable"));
  }

  async get(url: string): Promise<{ status: number; body: Bytes }> {
    this.asked.push(url);
    await this.meanwhile();
    const body = this.documents.get(url);
    return body === undefined ? this.connect() : { status: 200, body };
  }
}
