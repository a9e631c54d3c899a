import { once } from "node:events";
import type { Server as NetServer } from "node:net";
import type { Authenticator } from "./auth/authenticator.ts";
import type { Authorizer } from "./auth/authorizer.ts";
import { buildApp, type AppOptions } from "./http/app.ts";
import { ping, type HealthCheck } from "./http/health.ts";
import type { Limits } from "./http/limits.ts";
import { ServerMetrics } from "./http/metrics/server-metrics.ts";
import { resourceTargets, type ResourceOptions } from "./resource-targets.ts";
import type { CachedStorage } from "./storage/cache/cached-storage.ts";
import type { Storage } from "./storage/storage.ts";

/** What a server is put together from. */
export interface ServerOptions extends ResourceOptions {
  /** Without it the server speaks HTTP/1.1 in the clear, which is for tests. */
  readonly tls?: NonNullable<AppOptions["tls"]>;
  readonly authenticators: readonly Authenticator[];
  /** Who may do what. */
  readonly authorizer: Authorizer;
  /** The version of this package. */
  readonly version: string;
  /** The port that discovery tells clients; 0 for the one that is listened on. */
  readonly port: number;
  /** What the OpenAPI documents call the API, and its version; the package's own name and version if unset. */
  readonly info?: { readonly title: string; readonly version: string };
  readonly logger?: AppOptions["logger"];
  /** Bounds on what clients may ask; the usual ones where unset. */
  readonly limits?: Partial<Limits>;
  /** How the server comes to rest; at once if unset. */
  readonly shutdown?: NonNullable<AppOptions["shutdown"]>;
  /** Whether clients ask this server itself, with no kube-apiserver in front; false if unset. */
  readonly standsAlone?: boolean;
  /** What the health check of the storage is called; `storage` if unset. */
  readonly storageName?: string;
  /** What must hold for the server to be live and ready, beside answering and its storage. */
  readonly checks?: readonly HealthCheck[];
  /** Writes down who does what; it is closed by whoever opened it. */
  readonly audit?: AppOptions["audit"];
  /** What is counted and measured; made anew if unset. */
  readonly metrics?: ServerMetrics;
  /** Whether clients may speak CBOR, as the feature gate CBORServingAndStorage has it; off if unset. */
  readonly cbor?: boolean;
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
  const { scheme, storage, tls, authenticators, authorizer, version, port, logger, cbor = false } = options;
  const { standsAlone = false, storageName = "storage" } = options;
  const { info = { title: "apiserver-ts", version } } = options;
  const storageCheck: HealthCheck = { name: storageName, check: async () => void (await storage.currentRevision()) };
  const { audit, limits, shutdown, checks = [], metrics = new ServerMetrics() } = options;
  const live = checks.filter(({ only }) => only === undefined);
  const filled = isCached(storage) ? [watchCacheCheck(storage)] : [];
  if (isCached(storage)) metrics.addCaches(() => storage.statistics());
  const app = buildApp({
    scheme,
    targets: resourceTargets(options),
    authenticators,
    authorizer,
    health: {
      healthz: [ping, storageCheck, ...live],
      // To start a server anew does not mend its storage.
      livez: [ping, ...live],
      readyz: [ping, storageCheck, ...filled, ...checks],
    },
    version: versionInfo(version),
    openApi: { ...info, security: "none" },
    serverAddress: () => `:${port === 0 ? listenedPort(app) : port}`,
    standsAlone,
    cbor,
    metrics,
    ...(limits === undefined ? {} : { limits }),
    ...(shutdown === undefined ? {} : { shutdown }),
    ...(audit === undefined ? {} : { audit }),
    ...(tls === undefined ? {} : { tls }),
    ...(logger === undefined ? {} : { logger }),
  });
  return {
    async listen(host, listenPort) {
      await app.ready();
      // Fastify's own way would log a line that says again what the welcome says.
      app.server.listen({ host, port: listenPort });
      await once(app.server, "listening");
      return listenedPort(app);
    },
    close: () => app.close(),
  };
}

/** The check that the watch cache has been filled once: until then every read is the store's to answer. */
function watchCacheCheck(cache: CachedStorage): HealthCheck {
  return {
    name: "watch-cache",
    only: "readyz",
    check: () => {
      const missing = cache.statistics().filter(({ revision }) => revision === undefined);
      if (missing.length > 0) throw new Error(`not read yet: ${missing.map(({ prefix }) => prefix).join(", ")}`);
    },
  };
}

function isCached(storage: Storage): storage is CachedStorage {
  return "statistics" in storage;
}

function listenedPort({ server }: { readonly server: NetServer }): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
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
