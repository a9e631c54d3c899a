import { once } from "node:events";
import http2, { type ClientHttp2Session, type IncomingHttpHeaders } from "node:http2";
import { buffer } from "node:stream/consumers";
import type { Identity } from "./identities.ts";

type Headers = Readonly<Record<string, string | string[]>>;

/** A request, mostly for an object. */
export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: string | Buffer;
  readonly headers?: Headers;
}

/** What came back. */
export interface Answered {
  readonly status: number;
  readonly text: string;
}

/** A client over one HTTP/2 connection. */
export class Client {
  readonly #session: ClientHttp2Session;
  readonly #headers: Headers;

  /** Connects with a certificate, and with headers that all requests have. */
  constructor(port: number, identity: Identity, headers: Headers = {}) {
    this.#headers = headers;
    this.#session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, ...identity });
    this.#session.on("error", () => undefined);
  }

  /** Asks for something and reads the answer. */
  async ask({ method = "GET", path, type, body, headers = {} }: Asked): Promise<Answered> {
    const typed = type === undefined ? {} : { "content-type": type };
    const endStream = body === undefined;
    const sent = { ":method": method, ":path": path, ...this.#headers, ...typed, ...headers };
    const stream = this.#session.request(sent, { endStream });
    if (!endStream) stream.end(body);
    const [received] = (await once(stream, "response")) as [IncomingHttpHeaders];
    return { status: Number(received[":status"]), text: (await buffer(stream)).toString() };
  }

  close(): void {
    this.#session.destroy();
  }
}
