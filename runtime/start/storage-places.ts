import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openLmdbStorage } from "../storage/lmdb.ts";
import type { Storage } from "../storage/storage.ts";
import { StartError } from "./start-error.ts";

/** The folder of the embedded store, below the one that --data-dir names. */
export function storeFolder(dataDir: string): string {
  return join(dataDir, "store");
}

/** Where objects are, as the command line says it. */
export type StoragePlace =
  | { readonly kind: "lmdb"; readonly dataDir: string }
  | { readonly kind: "etcd"; readonly endpoints: readonly string[] };

/** Files of certificates for etcd. */
export interface EtcdFiles {
  readonly etcdCafile?: string;
  readonly etcdCertfile?: string;
  readonly etcdKeyfile?: string;
}

/** Reads `lmdb:DIR` or `etcd:URL[,URL]`. Throws a StartError for anything else. */
export function parsePlace(text: string): StoragePlace {
  const [kind, ...rest] = text.split(":");
  const where = rest.join(":");
  if (where !== "" && kind === "lmdb") return { kind, dataDir: where };
  if (where !== "" && kind === "etcd") return { kind, endpoints: where.split(",") };
  throw new StartError(`"${text}" names no storage; write lmdb:DIR or etcd:URL, as in etcd:http://127.0.0.1:2379`);
}

/** Opens a storage; the libraries of etcd are loaded for etcd alone. */
export async function openPlace(place: StoragePlace, files: EtcdFiles): Promise<Storage> {
  if (place.kind === "lmdb") return openLmdbStorage({ folder: storeFolder(place.dataDir) });
  const { openEtcdStorage } = await import("../storage/etcd/etcd.ts");
  const tls = {
    ...(await readNamed("ca", "--etcd-cafile", files.etcdCafile)),
    ...(await readNamed("cert", "--etcd-certfile", files.etcdCertfile)),
    ...(await readNamed("key", "--etcd-keyfile", files.etcdKeyfile)),
  };
  // Compaction is for the servers to do, not for one who passes by.
  return openEtcdStorage({ endpoints: place.endpoints, tls, compactionIntervalMs: 0 });
}

async function readNamed(name: string, flag: string, file: string | undefined): Promise<Record<string, string>> {
  if (file === undefined) return {};
  try {
    return { [name]: await readFile(file, "utf8") };
  } catch (error) {
    throw new StartError(`${flag}: cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
