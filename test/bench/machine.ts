import { execFile } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";
import { promisify } from "node:util";
import { etcdBinary } from "../etcd/binary.ts";
import type { Peer } from "./peer.ts";

/** Where and with what was measured. */
export interface MachineFacts {
  readonly at: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly kernel: string;
  readonly node: string;
  readonly etcd: string | undefined;
  /** The release of the Go sample-apiserver; undefined where it was skipped. */
  readonly sampleApiserver: string | undefined;
  /** The load averages at the end: what else ran shows here. */
  readonly loadAverages: readonly number[];
}

/** Gathers the facts; asks the etcd binary for its version. */
export async function machineFacts(peer: Peer | undefined): Promise<MachineFacts> {
  return {
    at: new Date().toISOString(),
    processor: cpus()[0]?.model ?? "unknown processor",
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 1e6),
    kernel: release(),
    node: process.versions.node,
    etcd: await etcdVersion(),
    sampleApiserver: peer?.version,
    loadAverages: loadavg(),
  };
}

async function etcdVersion(): Promise<string | undefined> {
  const binary = await etcdBinary();
  if (binary === undefined) return undefined;
  const { stdout } = await promisify(execFile)(binary, ["--version"]);
  return /etcd Version: (\S+)/.exec(stdout)?.[1];
}
