import type { Storage } from "../storage/storage.ts";
import { StorageUnavailable } from "../storage/storage.ts";
import { readAuthorities, readKeyPair } from "./certificates.ts";
import type { EtcdFlags } from "./etcd-flags.ts";
import { remedyFor } from "./etcd-trouble.ts";
import { StartError } from "./start-error.ts";

/** How long each attempt lasts; before all but the first a line tells what is waited for. */
const attemptsMs = [2_000, 8_000, 10_000, 10_000];

/**
 * Opens etcd as the flags say. Waits for one that is not there yet, telling of it, but not for one that will never
 * agree with the flags. Throws a StartError that says which endpoint, what is wrong, and what to do.
 */
export async function openEtcd(
  endpoints: readonly string[],
  flags: EtcdFlags,
  tell: (line: string) => void,
): Promise<Storage> {
  const tls = await readTls(flags);
  // Only those who use it pay for loading it.
  const { openEtcdStorage } = await import("../storage/etcd/etcd.ts");
  let trouble = "";
  for (const [attempt, openTimeoutMs] of attemptsMs.entries()) {
    if (attempt > 0) tell(`waiting for etcd: ${trouble}`);
    try {
      const compactionIntervalMs = flags.etcdCompactionInterval;
      return await openEtcdStorage({ endpoints, tls, compactionIntervalMs, limits: { openTimeoutMs } });
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      trouble = reasonOf(error);
    }
    if (!remedyFor(trouble).passes) break;
  }
  throw new StartError(`etcd cannot be used: ${trouble}; ${remedyFor(trouble).advice}`);
}

async function readTls(flags: EtcdFlags): Promise<{ ca?: string; cert?: string; key?: string }> {
  const { etcdCafile, etcdCertfile, etcdKeyfile } = flags;
  const ca = etcdCafile === undefined ? {} : { ca: await readAuthorities({ flag: "--etcd-cafile", file: etcdCafile }) };
  if (etcdCertfile === undefined || etcdKeyfile === undefined) return ca;
  const pair = await readKeyPair(
    { flag: "--etcd-certfile", file: etcdCertfile },
    { flag: "--etcd-keyfile", file: etcdKeyfile },
    new Date(),
  );
  return { ...ca, cert: pair.certificate, key: pair.key };
}

// Such as 80AB:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:../deps/openssl.c:1601:SSL alert number 48
const openSslError = /\b[0-9A-F]{1,32}:error:[0-9A-F]{1,16}:SSL routines:[^:]*:([^:]+):.*$/;

/** What the client says, which names the endpoint; in one line and without the places in OpenSSL's sources. */
function reasonOf(error: Error): string {
  const { cause } = error;
  const message = cause instanceof Error ? cause.message : error.message;
  const line = message.replace(/^no etcd endpoint answers: /, "").replace(/\s+/g, " ");
  return line.replace(openSslError, "$1").trim();
}
