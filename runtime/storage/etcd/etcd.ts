import type { Storage } from "../storage.ts";
import { StorageUnavailable } from "../storage.ts";
import { Endpoints } from "./endpoints.ts";
import { EtcdStorage } from "./etcd-storage.ts";
import { defaultEtcdLimits, type EtcdLimits } from "./limits.ts";
import type { EtcdTls } from "./socket.ts";

/** Which etcd to use, like kube-apiserver's --etcd-* flags. https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/ */
export interface EtcdOptions {
  /** URLs of the members, such as https://10.0.0.1:2379; without a scheme, http. */
  readonly endpoints: readonly string[];
  /** Certificates, for https; those who sign the servers' are the system's if unset. */
  readonly tls?: EtcdTls;
  /** How old history gets before it is compacted, and how often; 0 leaves that to others. Five minutes if unset. */
  readonly compactionIntervalMs?: number;
  /** Bounds that differ from the default ones. */
  readonly limits?: Partial<EtcdLimits>;
}

const compactionIntervalMs = 5 * 60_000;

/** Opens a store in etcd, once one of its members has answered. Throws StorageUnavailable if none does. */
export async function openEtcdStorage(options: EtcdOptions): Promise<Storage> {
  const limits = { ...defaultEtcdLimits, ...options.limits };
  const urls = options.endpoints.map(endpointUrl);
  if (urls.length === 0) throw new StorageUnavailable("etcd has no endpoints: name at least one with --etcd-servers");
  const endpoints = new Endpoints({ urls, tls: options.tls ?? {}, limits });
  try {
    await endpoints.whenReady(limits.openTimeoutMs);
  } catch (error) {
    await endpoints.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageUnavailable(`cannot open etcd at ${urls.join(", ")}: ${reason}`, { cause: error });
  }
  return new EtcdStorage({
    endpoints,
    limits,
    compactionIntervalMs: options.compactionIntervalMs ?? compactionIntervalMs,
  });
}

function endpointUrl(text: string): string {
  const address = text.includes("://") ? text : `http://${text}`;
  if (!/^https?:/.test(address) || !URL.canParse(address)) {
    throw new StorageUnavailable(`${text} is no endpoint of etcd: write it as https://host:2379`);
  }
  return new URL(address).origin;
}
