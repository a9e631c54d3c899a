import { etcdBinary } from "./binary.ts";

/** Runs once before the end-to-end tests, so that none of them waits for a build of etcd. */
export async function setup(): Promise<void> {
  await etcdBinary();
}
