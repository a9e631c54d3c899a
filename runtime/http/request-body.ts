import { badRequest, requestEntityTooLarge, type StatusError } from "../meta/status-error.ts";
import type { Lifetime } from "./lifetime.ts";
import type { RequestStream } from "./request-state.ts";

/**
 * All bytes of a request's body; throws a 413 where there are more than `maxBytes`, and gives up when the request is over.
 * What is left of a body that is too large is not kept.
 */
export async function readBody(request: RequestStream, maxBytes: number, lifetime: Lifetime): Promise<Uint8Array> {
  lifetime.throwIfOver();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (outcome: Error | undefined): void => {
      request.off("data", onData).off("end", onEnd).off("error", onLost).off("close", onLost);
      lifetime.unlisten(onLost);
      if (outcome === undefined)
        resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
      else reject(outcome);
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > maxBytes) settle(tooLarge(maxBytes));
      else chunks.push(chunk);
    };
    const onEnd = (): void => settle(undefined);
    const onLost = (): void => settle(badRequest("the request ended before its body was complete"));
    lifetime.listen(onLost);
    request.on("data", onData).on("end", onEnd).on("error", onLost).on("close", onLost);
  });
}

function tooLarge(maxBytes: number): StatusError {
  return requestEntityTooLarge(`limit is ${maxBytes}`);
}
