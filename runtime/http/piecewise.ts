import { promisify } from "node:util";
import { createGzip, gzip } from "node:zlib";
import { once } from "node:events";
import { sendBytes, sendHead } from "./answer.ts";
import type { Limits } from "./limits.ts";
import { header, type AnswerHeaders, type RequestState } from "./request-state.ts";
import { Turn } from "./turn.ts";

const compress = promisify(gzip);
// Half as fast again for a tenth more bytes is not worth it: https://github.com/kubernetes/kubernetes/issues/112296.
const gzipOptions = { level: 1 };

/**
 * Sends an answer that comes in pieces: in one go while it is small, else slab by slab as fast as the client takes them,
 * so that neither a big list nor a slow client costs the server more than a slab. Compressed where it is worth it.
 * Others have their turn while the pieces are being made.
 */
export async function sendPieces(
  state: RequestState,
  status: number,
  contentType: string,
  pieces: Iterator<Uint8Array>,
  limits: Limits,
): Promise<void> {
  const { start, length, ended } = await firstPieces(pieces, limits.wholeAnswerBytesMax);
  if (ended && (length <= limits.slabBytes || isCompressed(state, length, limits))) {
    await sendWhole(state, status, contentType, Buffer.concat(start, length), limits);
    return;
  }
  if (isCompressed(state, length, limits)) {
    await sendCompressed(state, status, compressedHeaders(contentType), slabsOf(start, pieces, limits.slabBytes));
    return;
  }
  if (!sendHead(state, status, { "content-type": contentType })) return;
  if (ended) writeTogether(state, start, length);
  else for await (const slab of slabsOf(start, pieces, limits.slabBytes)) await writeChunk(state, slab);
  state.response.end();
}

/** Sends an answer that is there, at once where it need not be compressed. */
export function sendWhole(
  state: RequestState,
  status: number,
  contentType: string,
  bytes: Uint8Array,
  limits: Limits,
): Promise<void> | void {
  if (!isCompressed(state, bytes.length, limits)) {
    sendBytes(state, status, { "content-type": contentType }, bytes);
    return undefined;
  }
  return compress(bytes, gzipOptions).then((compressed) =>
    sendBytes(state, status, compressedHeaders(contentType), compressed),
  );
}

function isCompressed(state: RequestState, length: number, { gzipThresholdBytes }: Limits): boolean {
  return length > gzipThresholdBytes && acceptsGzip(header(state, "accept-encoding"));
}

function compressedHeaders(contentType: string): AnswerHeaders {
  return { "content-type": contentType, "content-encoding": "gzip", vary: "Accept-Encoding" };
}

/** Whether a client takes gzip; its quality is not looked at, as the Go server does not. */
function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return acceptEncoding !== undefined && acceptEncoding.split(",").some((coding) => coding.trim() === "gzip");
}

/** Writes a chunk and waits until the client has room for the next. Throws once the client is gone. */
async function writeChunk(state: RequestState, chunk: Uint8Array): Promise<void> {
  state.sentBytes += chunk.length;
  if (!state.response.write(chunk)) await drained(state);
  state.lifetime.throwIfOver();
}

/** Resolves when the client has taken what was written, or the request is over. */
function drained({ response, lifetime }: RequestState): Promise<void> {
  return new Promise((resolve) => {
    const onDrain = (): void => {
      lifetime.unlisten(onDrain);
      response.off("drain", onDrain);
      resolve();
    };
    lifetime.listen(onDrain);
    response.once("drain", onDrain);
  });
}

interface FirstPieces {
  readonly start: readonly Uint8Array[];
  readonly length: number;
  readonly ended: boolean;
}

async function firstPieces(pieces: Iterator<Uint8Array>, maxBytes: number): Promise<FirstPieces> {
  const turn = new Turn();
  const start: Uint8Array[] = [];
  let length = 0;
  while (length <= maxBytes) {
    const piece = pieces.next();
    if (piece.done === true) return { start, length, ended: true };
    start.push(piece.value);
    length += piece.value.length;
    if (turn.isOver()) await turn.next();
  }
  return { start, length, ended: false };
}

// Pieces that are nearly slabs go as they are, since other answers share them; small ones go together.
async function* slabsOf(
  start: readonly Uint8Array[],
  rest: Iterator<Uint8Array>,
  slabBytes: number,
): AsyncGenerator<Uint8Array> {
  const turn = new Turn();
  let batch: Uint8Array[] = [];
  let length = 0;
  for (const piece of chained(start, rest)) {
    if (turn.isOver()) await turn.next();
    if (length > 0 && length + piece.length > slabBytes) {
      yield joined(batch, length);
      batch = [];
      length = 0;
    }
    batch.push(piece);
    length += piece.length;
  }
  if (length > 0) yield joined(batch, length);
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = pieces;
  return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces, length);
}

function* chained(start: readonly Uint8Array[], rest: Iterator<Uint8Array>): Generator<Uint8Array> {
  yield* start;
  for (let piece = rest.next(); piece.done !== true; piece = rest.next()) yield piece.value;
}

// All at once: what is shared is not copied together, and there is little enough of it to wait in the connection.
function writeTogether(state: RequestState, pieces: readonly Uint8Array[], length: number): void {
  state.sentBytes += length;
  for (const piece of pieces) state.response.write(piece);
}

async function sendCompressed(
  state: RequestState,
  status: number,
  headers: AnswerHeaders,
  slabs: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (!sendHead(state, status, headers)) return;
  const compressor = createGzip(gzipOptions);
  const { signal } = state.lifetime;
  const feed = async (): Promise<void> => {
    for await (const slab of slabs) {
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
