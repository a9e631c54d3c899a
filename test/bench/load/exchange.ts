/** A request, ready to be sent many times; what is in it is the connection's own matter. */
export interface Template {
  readonly head: Buffer;
}

/** One request, as it is described to a connection. */
export interface RequestHead {
  readonly method: "GET" | "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What hears of the answer to a request; the same listener serves all requests of a lane. */
export interface Listener {
  onStatus(status: number): void;
  /** Bytes of the body: `chunk` from `start` to before `end`. They are valid during the call alone. */
  onBody(chunk: Buffer, start: number, end: number): void;
  onEnd(): void;
  onFailure(message: string): void;
}

/** Carries one exchange at a time. */
export interface Lane {
  prepare(request: RequestHead): Template;
  send(template: Template, body?: Buffer): void;
  /** Set before the first request is sent. */
  listener: Listener | undefined;
}

/** Some lanes, and how to end them. */
export interface Lanes {
  readonly lanes: readonly Lane[];
  close(): void;
}
