import type { RequestStream, ResponseStream } from "./request-state.ts";

/**
 * Serves the requests of an HTTP/1.1 connection one after the other, as the Go server does. Node would begin a request
 * that is sent before the last answer at once; such answers have no connection yet, and are not told when it closes.
 */
export class Pipelining {
  readonly #waiting = new WeakMap<object, number>();
  readonly #max: number;

  /** So many requests may wait on a connection; one that sends more is cut off. */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Starts serving a request whose answer has no connection yet, once it is its turn; never if the connection closes
   * before.
   */
  inTurn({ socket }: RequestStream, response: ResponseStream, start: () => void): void {
    const waiting = (this.#waiting.get(socket) ?? 0) + 1;
    if (waiting > this.#max) {
      socket.destroy();
      return;
    }
    this.#waiting.set(socket, waiting);
    response.once("socket", () => {
      this.#waiting.set(socket, (this.#waiting.get(socket) ?? 1) - 1);
      start();
    });
  }
}
