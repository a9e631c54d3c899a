/** Every bound of the etcd store: on sizes, queues and times. */
export interface EtcdLimits {
  /** The longest key, in bytes of UTF-8. */
  readonly keyBytesMax: number;
  /** The largest value, in bytes. etcd's own --max-request-bytes is 1.5 MiB unless its operator says otherwise. */
  readonly valueBytesMax: number;
  /** The largest answer to one call, in bytes. */
  readonly responseBytesMax: number;
  /** The largest message of a watch, in bytes: etcd tells up to 1,000 revisions at once. */
  readonly watchMessageBytesMax: number;
  /** What a long list is asked for at a time, in bytes: large enough to be quick, small enough to hold nobody up. */
  readonly pageBytes: number;
  /** How many calls may wait for their answers; more are refused with StorageUnavailable. */
  readonly callsMax: number;
  /** How many bytes of requests may wait for their answers; more are refused with StorageUnavailable. */
  readonly callsBytesMax: number;
  /** How long a call may take, with all its attempts. */
  readonly callTimeoutMs: number;
  /** How long one attempt of a read may take where there is another endpoint to ask. */
  readonly readAttemptTimeoutMs: number;
  /** How long connecting to one endpoint may take. */
  readonly connectTimeoutMs: number;
  /** How long `openEtcdStorage` looks for an endpoint that answers. */
  readonly openTimeoutMs: number;
  /** The longest pause before endpoints are tried again. */
  readonly retryDelayMaxMs: number;
  /** A connection with calls that has been silent for so long is asked whether it lives. */
  readonly pingAfterMs: number;
  /** A connection with nothing but watches that has been silent for so long is asked whether it lives. */
  readonly idlePingAfterMs: number;
  /** A connection that does not answer a ping for so long is given up. */
  readonly pingTimeoutMs: number;
  /** How many changes a watch's reader may fall behind before StorageOverrun. */
  readonly watchBufferChangesMax: number;
  /** How many bytes of values a watch's reader may fall behind before StorageOverrun. */
  readonly watchBufferBytesMax: number;
  /** How often etcd is asked how far a quiet watch has come, while somebody waits for that. */
  readonly progressRetryMs: number;
  /** How many of the newest entries are remembered, so that writes and watches hand out the same ones. */
  readonly recentEntriesMax: number;
  /** How many bytes of the newest entries are remembered. */
  readonly recentBytesMax: number;
}

/** Limits that suit etcd's own defaults. */
export const defaultEtcdLimits: EtcdLimits = {
  keyBytesMax: 1_900,
  valueBytesMax: 16 << 20,
  responseBytesMax: 128 << 20,
  watchMessageBytesMax: 512 << 20,
  pageBytes: 4 << 20,
  callsMax: 20_000,
  callsBytesMax: 256 << 20,
  callTimeoutMs: 10_000,
  readAttemptTimeoutMs: 3_000,
  connectTimeoutMs: 2_000,
  openTimeoutMs: 20_000,
  retryDelayMaxMs: 2_000,
  pingAfterMs: 1_500,
  idlePingAfterMs: 10_000,
  pingTimeoutMs: 2_500,
  watchBufferChangesMax: 10_000,
  watchBufferBytesMax: 64 << 20,
  progressRetryMs: 100,
  recentEntriesMax: 512,
  recentBytesMax: 2 << 20,
};
