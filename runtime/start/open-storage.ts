import { join } from "node:path";
import { defaultKeyPrefix, keyRoots } from "../registry/key-roots.ts";
import type { Scheme } from "../scheme/scheme.ts";
import type { Storage } from "../storage/storage.ts";
import type { EtcdFlags } from "./etcd-flags.ts";
import type { ServeFlags } from "./flags.ts";
import { openEtcd } from "./open-etcd.ts";

/** Rows that the embedded store keeps in memory behind a cache: those that it is just being asked for. */
const rowsRememberedBytesMax = 1 << 20;

/** What flags say of the storage. */
export type StorageFlags = EtcdFlags & Pick<ServeFlags, "dataDir">;

/** The storage of a server that was started by flags. */
export interface OpenedStorage {
  readonly storage: Storage;
  /** What all keys start with. */
  readonly keyPrefix: string;
  /** Where objects are kept, in words. */
  readonly place: string;
  /** What the health check of the storage is called. */
  readonly healthName: string;
}

/**
 * Opens the storage that flags name: etcd, or the embedded store below the data folder; with the watch cache in front
 * unless they say otherwise. `tell` hears of what takes long.
 */
export async function openStorage(
  flags: StorageFlags,
  scheme: Scheme,
  tell: (line: string) => void,
): Promise<OpenedStorage> {
  const opened = await openBackend(flags, tell);
  if (!flags.watchCache) return opened;
  const { cachedStorage } = await import("../storage/cache/cached-storage.ts");
  const storage = cachedStorage(opened.storage, { prefixes: keyRoots(scheme, opened.keyPrefix) });
  return { ...opened, storage };
}

async function openBackend(flags: StorageFlags, tell: (line: string) => void): Promise<OpenedStorage> {
  const { etcdServers, etcdPrefix, dataDir } = flags;
  if (etcdServers !== undefined) {
    const storage = await openEtcd(etcdServers, flags, tell);
    const place = `etcd at ${etcdServers.join(", ")}, below ${etcdPrefix}`;
    return { storage, keyPrefix: etcdPrefix, place, healthName: "etcd" };
  }
  // Only those who use it pay for loading it.
  const { openLmdbStorage } = await import("../storage/lmdb.ts");
  const folder = join(dataDir, "store");
  return {
    storage: await openLmdbStorage(flags.watchCache ? { folder, rowsRememberedBytesMax } : { folder }),
    keyPrefix: defaultKeyPrefix,
    place: folder,
    healthName: "storage",
  };
}
