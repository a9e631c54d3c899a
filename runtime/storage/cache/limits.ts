import type { StorageLimits } from "../limits.ts";

/** Every bound of a watch cache: on what it remembers, waits for and tells. Those of a range hold for each cached prefix. */
export interface CacheLimits extends Pick<
  StorageLimits,
  "watchBufferChangesMax" | "watchBufferBytesMax" | "watchProgressMs"
> {
  /** How many keys are read at once when a range is filled. */
  readonly fillPageKeys: number;
  /** How many changes of a range are remembered, for watches and lists that start in the past. */
  readonly windowChangesMax: number;
  /** How many bytes of values the changes of a range hold that nothing else does. */
  readonly windowBytesMax: number;
  /** Changes older than this are forgotten. */
  readonly windowAgeMaxMs: number;
  /** How long a read waits for its range to come as far as it must. */
  readonly freshnessWaitMs: number;
  /** How many written entries a range keeps until its watch delivers them. */
  readonly writtenEntriesMax: number;
  /** How many bytes of values these may have. */
  readonly writtenBytesMax: number;
  /** How many older revisions of a range lists may be reading at the same time at full speed. */
  readonly pastViewsMax: number;
  /** How many indexes a range has; the one that was used least recently goes first. */
  readonly indexesMax: number;
  /** A list of no more keys than this is looked through rather than have an index made for it. */
  readonly unindexedKeysMax: number;
  /** An index that nobody has used for so long is dropped. */
  readonly indexIdleMs: number;
  /** How soon after another one a watch with nothing to deliver is told of the revision because somebody asked for it. */
  readonly promptGapMs: number;
  /** How often old changes and idle indexes are looked for. */
  readonly maintenanceMs: number;
  /** How long a range waits at first before it asks a store again that has failed; each further time twice as long. */
  readonly retryMinMs: number;
  /** How long it waits at most. */
  readonly retryMaxMs: number;
}

/** Limits that suit a server of some hundred thousand objects. */
export const defaultCacheLimits: CacheLimits = {
  watchBufferChangesMax: 10_000,
  watchBufferBytesMax: 64 << 20,
  watchProgressMs: 5_000,
  fillPageKeys: 10_000,
  windowChangesMax: 10_000,
  windowBytesMax: 32 << 20,
  windowAgeMaxMs: 10 * 60_000,
  freshnessWaitMs: 3_000,
  writtenEntriesMax: 4_096,
  writtenBytesMax: 32 << 20,
  pastViewsMax: 16,
  indexesMax: 16,
  unindexedKeysMax: 256,
  indexIdleMs: 5 * 60_000,
  promptGapMs: 500,
  maintenanceMs: 10_000,
  retryMinMs: 50,
  retryMaxMs: 5_000,
};
