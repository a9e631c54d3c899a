import { clusterBinaries } from "../cluster/binaries.ts";
import { etcdBinary } from "./binary.ts";

/** Runs once before the end-to-end tests, so that none of them waits for a build. */
export async function setup(): Promise<void> {
  await etcdBinary();
  await clusterBinaries();
}
