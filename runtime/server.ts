import type { AddressInfo } from "node:net";
import type { Authenticator } from "./auth/authenticator.ts";
import type { Authorizer } from "./auth/authorizer.ts";
import { buildApp, type AppOptions } from "./http/app.ts";
import { ping, type HealthCheck } from "./http/health.ts";
import type { RestStorage } from "./registry/rest-storage.ts";
import { statusStore, storeFor } from "./registry/store.ts";
import type { ResourceTarget } from "./rest/target.ts";
import type { ResourceDescriptor } from "./scheme/descriptor.ts";
import type { Scheme } from "./scheme/scheme.ts";
import type { Storage } from "./storage/storage.ts";

/** What a server is put together from. */
export interface ServerOptions {
  readonly scheme: Scheme;
  /** Where objects are kept. It stays the caller's, to be closed after the server. */
  readonly storage: Storage;
  readonly tls: NonNullable<AppOptions["tls"]>;
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
  /** The version of this package. */
  readonly version: string;
  /** The port that discovery tells clients. */
  readonly port: number;
  readonly logger?: AppOptions["logger"];
  /** Resources with a storage of their own, by `<resource>.<group>`; the verbs it has are the verbs that are served. */
  readonly resources?: { readonly [resource: string]: RestStorage };
}

/** A server that can be started and stopped, once each. */
export interface Server {
  /** Listens; port 0 picks a free one. Gives the port. Throws what Node throws where it cannot. */
  listen(host: string, port: number): Promise<number>;
  /** Ends watches, finishes what is being answered, and closes all connections. */
  close(): Promise<void>;
}

/** The release of Kubernetes whose API machinery is served. */
const kubernetes = { major: "1", minor: "36" };

/**
 * Puts a server together: a store for every kind of the scheme, and HTTP in front of them.
 * Throws for a resource in `resources` that the scheme does not have.
 */
export function createServer(options: ServerOptions): Server {
  const { scheme, storage, tls, authenticators, authorizer, version, port, logger } = options;
  const storageCheck: HealthCheck = { name: "storage", check: async () => void (await storage.currentRevision()) };
  const checks = [ping, storageCheck];
  const app = buildApp({
    scheme,
    targets: resourceTargets(options),
    authenticators,
    authorizer,
    health: { healthz: checks, livez: checks, readyz: checks },
    version: versionInfo(version),
    openApi: { title: "apiserver-ts", version, security: "none" },
    serverAddress: `:${port}`,
    tls,
    ...(logger === undefined ? {} : { logger }),
  });
  return {
    async listen(host, listenPort) {
      await app.listen({ host, port: listenPort });
      return (app.server.address() as AddressInfo).port;
    },
    close: () => app.close(),
  };
}

function resourceTargets({ scheme, storage, resources = {} }: ServerOptions): ResourceTarget[] {
  const descriptors = scheme.groupVersions.flatMap((registration) => registration.resources);
  const known = new Set(descriptors.map(resourceName));
  for (const name of Object.keys(resources)) {
    if (!known.has(name)) throw new Error(`no kind has the resource ${name}; there are ${[...known].join(", ")}`);
  }
  return descriptors.flatMap((descriptor) => {
    const own = resources[resourceName(descriptor)];
    if (own !== undefined) return [{ scheme, descriptor, subresource: "", storage: own }];
    const store = storeFor(descriptor, { scheme, storage });
    const main = { scheme, descriptor, subresource: "", storage: store };
    if (descriptor.subresources.status === undefined) return [main];
    return [main, { scheme, descriptor, subresource: "status", storage: statusStore(store) }];
  });
}

function resourceName({ names, gvk }: ResourceDescriptor): string {
  return gvk.group === "" ? names.plural : `${names.plural}.${gvk.group}`;
}

function versionInfo(version: string): AppOptions["version"] {
  return {
    ...kubernetes,
    gitVersion: `v${kubernetes.major}.${kubernetes.minor}.0+apiserver-ts-${version}`,
    gitCommit: "",
    gitTreeState: "",
    buildDate: "",
    goVersion: `node${process.versions.node}`,
    compiler: "v8",
    platform: `${process.platform}/${process.arch}`,
  };
}
