import { promisify } from "node:util";
import { createGzip, gzip } from "node:zlib";
import { once } from "node:events";
import { sendBytes, sendHead } from "./answer.ts";
import type { Limits } from "./limits.ts";
import { header, type AnswerHeaders, type RequestState } from "./request-state.ts";

const compress = promisify(gzip);
// Half as fast again for a tenth more bytes is not worth it: https://github.com/kubernetes/kubernetes/issues/112296.
const gzipOptions = { level: 1 };
const gzipHeaders = { "content-encoding": "gzip", vary: "Accept-Encoding" };

/**
 * Sends an answer that comes in pieces: in one go while it is small, else slab by slab as fast as the client takes them,
 * so that neither a big list nor a slow client costs the server more than a slab. Compressed where it is worth it.
 */
export async function sendPieces(
  state: RequestState,
  status: number,
  contentType: string,
  pieces: Iterator<Uint8Array>,
  limits: Limits,
): Promise<void> {
  const { start, length, ended } = firstPieces(pieces, limits.wholeAnswerBytesMax);
  const compressed = length > limits.gzipThresholdBytes && acceptsGzip(header(state, "accept-encoding"));
  const headers = { "content-type": contentType, ...(compressed ? gzipHeaders : {}) };
  if (ended) {
    const whole = start.length === 1 && start[0] !== undefined ? start[0] : Buffer.concat(start, length);
    sendBytes(state, status, headers, compressed ? await compress(whole, gzipOptions) : whole);
    return;
  }
  const slabs = slabsOf(start, pieces, limits.slabBytes);
  await (compressed ? sendCompressed(state, status, headers, slabs) : sendSlabs(state, status, headers, slabs));
}

/** Whether a client takes gzip; its quality is not looked at, as the Go server does not. */
function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return acceptEncoding !== undefined && acceptEncoding.split(",").some((coding) => coding.trim() === "gzip");
}

/** Writes a chunk and waits until the client has room for the next. Throws once the client is gone. */
async function writeChunk(state: RequestState, chunk: Uint8Array): Promise<void> {
  state.lifetime.throwIfOver();
  if (!state.response.write(chunk)) await drained(state);
}

/** Resolves when the client has taken what was written; rejects once the request is over. */
export function drained({ response, lifetime: { signal } }: RequestState): Promise<void> {
  return new Promise((resolve, reject) => {
    const onDrain = (): void => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    };
    const onAbort = (): void => {
      response.off("drain", onDrain);
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    response.once("drain", onDrain);
  });
}

interface FirstPieces {
  readonly start: readonly Uint8Array[];
  readonly length: number;
  readonly ended: boolean;
}

function firstPieces(pieces: Iterator<Uint8Array>, maxBytes: number): FirstPieces {
  const start: Uint8Array[] = [];
  let length = 0;
  while (length <= maxBytes) {
    const piece = pieces.next();
    if (piece.done === true) return { start, length, ended: true };
    start.push(piece.value);
    length += piece.value.length;
  }
  return { start, length, ended: false };
}

function* slabsOf(start: readonly Uint8Array[], rest: Iterator<Uint8Array>, slabBytes: number): Generator<Uint8Array> {
  let batch: Uint8Array[] = [];
  let length = 0;
  for (const piece of chained(start, rest)) {
    batch.push(piece);
    length += piece.length;
    if (length < slabBytes) continue;
    yield Buffer.concat(batch, length);
    batch = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(batch, length);
}

function* chained(start: readonly Uint8Array[], rest: Iterator<Uint8Array>): Generator<Uint8Array> {
  yield* start;
  for (let piece = rest.next(); piece.done !== true; piece = rest.next()) yield piece.value;
}

async function sendSlabs(
  state: RequestState,
  status: number,
  headers: AnswerHeaders,
  slabs: Iterable<Uint8Array>,
): Promise<void> {
  if (!sendHead(state, status, headers)) return;
  for (const slab of slabs) await writeChunk(state, slab);
  state.response.end();
}

async function sendCompressed(
  state: RequestState,
  status: number,
  headers: AnswerHeaders,
  slabs: Iterable<Uint8Array>,
): Promise<void> {
  if (!sendHead(state, status, headers)) return;
  const compressor = createGzip(gzipOptions);
  const { signal } = state.lifetime;
  const feed = async (): Promise<void> => {
    for (const slab of slabs) {
      if (!compressor.write(slab)) await once(compressor, "drain", { signal });
    }
    compressor.end();
  };
  const drain = async (): Promise<void> => {
    for await (const chunk of compressor) await writeChunk(state, asBytes(chunk));
    state.response.end();
  };
  try {
    await Promise.all([feed(), drain()]);
  } finally {
    compressor.destroy();
  }
}

function asBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError("a compressor gives bytes");
}
