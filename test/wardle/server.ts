import { allow } from "../../runtime/auth/authorizer.ts";
import { createServer, type Server } from "../../runtime/server.ts";
import { issueAuthority, issueServing } from "../../runtime/start/issue-certificates.ts";
import { packageVersion } from "../../runtime/start/version.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { banFlunder } from "./ban-flunder.ts";
import { scheme } from "./generated/index.ts";

/** Where a server keeps its objects, and what all keys start with. */
export interface Kept {
  readonly storage: Storage;
  readonly keyPrefix?: string;
}

/** Where the server listens. */
export const host = "127.0.0.1";

/**
 * The API of https://github.com/kubernetes/sample-apiserver, as the recorded Go server served it: everybody may do
 * everything. Unless it is told where to keep objects, they are gone when the process ends, and the history begins at
 * revision 21, as it did there.
 */
export async function wardleServer(
  port: number,
  kept: Kept = { storage: memoryStorage({ startRevision: 21 }) },
): Promise<Server> {
  const now = new Date();
  const authority = await issueAuthority(now);
  const { key, certificate } = await issueServing(authority, host, now);
  return createServer({
    scheme,
    storage: kept.storage,
    ...(kept.keyPrefix === undefined ? {} : { keyPrefix: kept.keyPrefix }),
    tls: { key, cert: certificate },
    authenticators: [],
    authorizer: () => allow,
    version: packageVersion(),
    info: { title: "Wardle", version: "0.1" },
    port,
    storageName: "etcd",
    admission: (objects) => [banFlunder(objects)],
  });
}
