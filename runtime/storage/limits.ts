/** Every bound of an embedded store: on sizes, queues, history and times. */
export interface StorageLimits {
  /** The longest key, in bytes of UTF-8; at most 1,900, which is what LMDB's pages allow. */
  readonly keyBytesMax: number;
  /** The largest value, in bytes. */
  readonly valueBytesMax: number;
  /** How many writes may wait for their commit; more are refused with StorageUnavailable. */
  readonly writesWaitingMax: number;
  /** How many bytes of values may wait for their commit; more are refused with StorageUnavailable. */
  readonly writesWaitingBytesMax: number;
  /** How many writes one commit takes along, so that applying them never holds up the event loop for long. */
  readonly batchWritesMax: number;
  /** How many bytes of values one commit takes along; one write may exceed it alone. */
  readonly batchBytesMax: number;
  /** How many changes a watch's reader may fall behind before StorageOverrun. */
  readonly watchBufferChangesMax: number;
  /** How many bytes of values a watch's reader may fall behind before StorageOverrun. */
  readonly watchBufferBytesMax: number;
  /** How many bytes of values the embedded store keeps in memory; what is derived of them takes a few times as much. */
  readonly rowsRememberedBytesMax: number;
  /** How often at most a watch with nothing to deliver tells that the revision moved on. */
  readonly watchProgressMs: number;
  /** Changes older than this are forgotten, like kube-apiserver's --etcd-compaction-interval. */
  readonly historyAgeMaxMs: number;
  /** How many changes are kept, whatever their age. */
  readonly historyChangesMax: number;
  /** How many bytes of changes are kept, whatever their age. */
  readonly historyBytesMax: number;
  /** How many changes one commit forgets. */
  readonly compactionStepMax: number;
  /** How often expired values and old history are looked for. */
  readonly maintenanceMs: number;
}

/** Limits that suit a server of some ten thousand objects. */
export const defaultStorageLimits: StorageLimits = {
  keyBytesMax: 1_900,
  valueBytesMax: 4 << 20,
  writesWaitingMax: 10_000,
  writesWaitingBytesMax: 256 << 20,
  batchWritesMax: 512,
  batchBytesMax: 16 << 20,
  watchBufferChangesMax: 10_000,
  watchBufferBytesMax: 64 << 20,
  rowsRememberedBytesMax: 32 << 20,
  watchProgressMs: 100,
  historyAgeMaxMs: 10 * 60_000,
  historyChangesMax: 100_000,
  historyBytesMax: 256 << 20,
  compactionStepMax: 1_024,
  maintenanceMs: 1_000,
};
