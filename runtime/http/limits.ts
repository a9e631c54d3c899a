/** The bounds on what clients may ask of the server. Bytes, milliseconds, and counts. */
export interface Limits {
  /** The largest request body. */
  readonly bodyBytesMax: number;
  /** The headers of one request, all together. */
  readonly headerBytesMax: number;
  /** How many headers that may be. */
  readonly headersMax: number;
  /** The URL of a request. */
  readonly urlLengthMax: number;
  /** How long a request other than a watch may take, from its arrival until the client has its answer. */
  readonly requestTimeoutMs: number;
  /** How long a client may take to send a request's headers. */
  readonly headersTimeoutMs: number;
  /** How long a client may take to send a whole request. */
  readonly receiveTimeoutMs: number;
  /** How long a connection without requests stays open. */
  readonly idleTimeoutMs: number;
  /** How long a connection may be silent before the client's machine is asked whether it is still there. */
  readonly tcpKeepAliveMs: number;
  /** Concurrent streams of one HTTP/2 connection; an aggregator has all that it passes on, watches too, in one. */
  readonly streamsPerConnectionMax: number;
  /** The share of requests after which an HTTP/2 client is told to connect anew, from 0 to 1. */
  readonly goawayChance: number;
  /** What the streams of one HTTP/2 connection may hold together, in MiB; no further stream is opened beyond it. */
  readonly sessionMegabytesMax: number;
  /** Frames that make no sense, and streams that were to be too many, after which an HTTP/2 connection is cut off. */
  readonly invalidFramesMax: number;
  readonly rejectedStreamsMax: number;
  /** How much of a body a client may send on an HTTP/2 stream before the server has read it. */
  readonly streamWindowBytes: number;
  /** Connections at once; further ones are closed as they come. */
  readonly connectionsMax: number;
  /** Requests that a client may send over an HTTP/1.1 connection before the one that came first is answered. */
  readonly pipelinedMax: number;
  /** Reading requests (get, list and the like, not watch) that are served at once; others wait. */
  readonly readingInFlightMax: number;
  /** Changing requests that are served at once; others wait. */
  readonly mutatingInFlightMax: number;
  /** Requests of administrators, and probes, that are served at once beyond those; of each class so many. */
  readonly exemptInFlightMax: number;
  /** Users whose requests wait because too many are being served, and the requests of each that do. */
  readonly waitingUsersMax: number;
  readonly waitingPerUserMax: number;
  /** How long such a request waits before it is refused. */
  readonly waitMs: number;
  /** Watches that are open at once. */
  readonly watchersMax: number;
  /** A watch without timeoutSeconds lasts between once and twice as long. */
  readonly watchDurationMinMs: number;
  /** How much a watcher's connection may hold that the client has not taken yet; no more is written until it has. */
  readonly watchBufferBytesMax: number;
  /** A watcher that takes nothing for so long is cut off. */
  readonly watchStallMs: number;
  /** Answers up to this size are handed over at once; longer ones are sent in slabs as the client takes them. */
  readonly wholeAnswerBytesMax: number;
  /** One such slab. */
  readonly slabBytes: number;
  /** How much JSON of the items of lists is remembered, for those who list the same again. */
  readonly listedBytesRemembered: number;
  /** Answers larger than this are compressed for clients that accept it. */
  readonly gzipThresholdBytes: number;
  /** How long one health check may take. */
  readonly healthCheckTimeoutMs: number;
  /** How long requests that are being served may go on once the server closes. */
  readonly closeTimeoutMs: number;
  /** Distinct Accept headers whose meaning is remembered. */
  readonly acceptHeadersRemembered: number;
}

/** What a server has that says nothing else: the Go API server's values, where it has them. */
export const defaultLimits: Limits = {
  bodyBytesMax: 3 * 1024 * 1024,
  headerBytesMax: 64 * 1024,
  headersMax: 1000,
  urlLengthMax: 16 * 1024,
  requestTimeoutMs: 60_000,
  headersTimeoutMs: 32_000,
  receiveTimeoutMs: 60_000,
  idleTimeoutMs: 90_000,
  tcpKeepAliveMs: 180_000,
  streamsPerConnectionMax: 1000,
  goawayChance: 0,
  sessionMegabytesMax: 64,
  invalidFramesMax: 100,
  rejectedStreamsMax: 100,
  streamWindowBytes: 256 * 1024,
  connectionsMax: 20_000,
  pipelinedMax: 64,
  readingInFlightMax: 400,
  mutatingInFlightMax: 200,
  exemptInFlightMax: 100,
  waitingUsersMax: 256,
  waitingPerUserMax: 50,
  waitMs: 15_000,
  watchersMax: 20_000,
  watchDurationMinMs: 1_800_000,
  watchBufferBytesMax: 128 * 1024,
  watchStallMs: 30_000,
  wholeAnswerBytesMax: 1024 * 1024,
  slabBytes: 128 * 1024,
  listedBytesRemembered: 256 * 1024 * 1024,
  gzipThresholdBytes: 128 * 1024,
  healthCheckTimeoutMs: 5_000,
  closeTimeoutMs: 60_000,
  acceptHeadersRemembered: 256,
};
