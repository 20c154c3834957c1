/** Speak HTTP and WebSocket to the endpoints of the page's home. */

import { NetworkError } from "../errors";
import { type Bytes, concat, own } from "../wire/bytes";

const DOCUMENT_MOST = 65_536;

/** One open connection; what cannot be sent or received is `NetworkError`. */
export interface Socket {
  send(data: Bytes): void;
  /** Bytes that were given to `send` and have not left this process. */
  buffered(): number;
  /** Wait for the next message. */
  receive(): Promise<Bytes>;
  close(): void;
}

/** The network as a client sees it. */
export interface Web {
  /** Open a WebSocket within so many seconds. */
  connect(url: string, patience: number): Promise<Socket>;
  /** Fetch a small document within so many seconds: its HTTP status and at most 64 KiB of body. */
  get(url: string, patience: number): Promise<{ readonly status: number; readonly body: Bytes }>;
}

/** The part of a browser's `WebSocket` that is used here. */
export interface RawSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onclose: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  send(data: Bytes): void;
  close(): void;
}

/** Make a network out of a way to open sockets; tests outside a browser bring their own. */
export function webOver(open: (url: string) => RawSocket): Web {
  return { connect: (url, patience) => connect(open(url), patience), get };
}

export const browserWeb: Web = webOver(openBrowserSocket);

function openBrowserSocket(url: string): RawSocket {
  const socket = new WebSocket(url);
  const raw: RawSocket = {
    binaryType: "",
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    onopen: null,
    onclose: null,
    onmessage: null,
    send: (data) => {
      socket.send(data);
    },
    close: () => {
      socket.close();
    },
  };
  socket.binaryType = "arraybuffer";
  socket.onopen = () => raw.onopen?.();
  socket.onclose = () => raw.onclose?.();
  socket.onmessage = (event: MessageEvent<unknown>) => raw.onmessage?.({ data: event.data });
  return raw;
}

function connect(raw: RawSocket, patience: number): Promise<Socket> {
  raw.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      raw.close();
      reject(unreachable("generic_timeout_error"));
    }, patience * 1000);
    raw.onopen = () => {
      clearTimeout(late);
      resolve(new OpenSocket(raw));
    };
    // A page is not told why: refused, reset and "no home there" look the same to it.
    raw.onclose = () => {
      clearTimeout(late);
      reject(unreachable("unknown_failure"));
    };
  });
}

class OpenSocket implements Socket {
  readonly #raw: RawSocket;
  readonly #arrived: Bytes[] = [];
  #isClosed = false;
  #wake: (() => void) | null = null;

  constructor(raw: RawSocket) {
    this.#raw = raw;
    raw.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer || data instanceof Uint8Array) this.#arrived.push(own(data));
      else this.close();
      this.#wake?.();
    };
    raw.onclose = () => {
      this.#isClosed = true;
      this.#wake?.();
    };
  }

  send(data: Bytes): void {
    if (this.#isClosed) throw closed();
    this.#raw.send(data);
  }

  buffered(): number {
    return this.#raw.bufferedAmount;
  }

  async receive(): Promise<Bytes> {
    for (;;) {
      const message = this.#arrived.shift();
      if (message !== undefined) return message;
      if (this.#isClosed) throw closed();
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    // The closing handshake may take its time; nobody here waits for it.
    this.#isClosed = true;
    this.#raw.close();
    this.#wake?.();
  }
}

async function get(
  url: string,
  patience: number,
): Promise<{ readonly status: number; readonly body: Bytes }> {
  try {
    const response = await fetch(url, {
      cache: "no-store",
      // A home sets no cookies; "omit" would only cost a TLS connection of its own.
      credentials: "same-origin",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(patience * 1000),
    });
    const { status } = response;
    return { status, body: await read(response) };
  } catch (error) {
    if (error instanceof NetworkError) throw error;
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    throw unreachable(isLate ? "generic_timeout_error" : "unknown_failure");
  }
}

async function read(response: Response): Promise<Bytes> {
  let body: Bytes = new Uint8Array(0);
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    body = concat(body, own(value));
    if (body.length > DOCUMENT_MOST) {
      await reader.cancel();
      throw new NetworkError("the document is too large", "http_not_a_home");
    }
  }
  return body;
}

function unreachable(failure: string): NetworkError {
  return new NetworkError(
    "the home cannot be reached",
    failure,
    "check the network and that the home runs, then try again",
  );
}

function closed(): NetworkError {
  return new NetworkError("the home closed the line", "eof_error");
}
