import { join } from "node:path";
import type { PodEnvironment } from "../cluster/config.ts";
import type { Scheme } from "../scheme/scheme.ts";
import { ServerMetrics } from "../http/metrics/server-metrics.ts";
import { createServer, type Server, type ServerOptions } from "../server.ts";
import { StorageUnavailable } from "../storage/storage.ts";
import { delegatedAccess, isDelegated, localAccess } from "./access.ts";
import { openAudit } from "./audit-flags.ts";
import { localCertificates, type LocalCertificates } from "./certificates.ts";
import { bindAddressOf, parseFlags, type ServeFlags } from "./flags.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { openListenerCertificates } from "./listener-certificates.ts";
import { loggingTo } from "./logging-flags.ts";
import { openStorage } from "./open-storage.ts";
import { limitsOf, shutdownOf } from "./serving-flags.ts";
import { StartError } from "./start-error.ts";
import { welcome } from "./welcome.ts";
import { packageVersion } from "./version.ts";

/** What an author's `main.ts` says of the server. */
export interface RunOptions {
  readonly scheme: Scheme;
  /** Resources with a storage of their own, by `<resource>.<group>`. */
  readonly resources?: NonNullable<ServerOptions["resources"]>;
  /** Makes those who may change or refuse writes; those who judge an object by others read them with what they get. */
  readonly admission?: NonNullable<ServerOptions["admission"]>;
}

/**
 * Runs a server as a program: reads the flags, makes what is missing, serves until SIGINT or SIGTERM, and ends the
 * process with exit code 0, or 1 and one line on standard error where it cannot serve.
 */
export async function runServer(options: RunOptions): Promise<void> {
  try {
    const flags = parseFlags(process.argv.slice(2), (text) => process.stdout.write(text));
    if (flags !== undefined) await serve(options, flags);
  } catch (error) {
    process.stderr.write(`${lineFor(error)}\n`);
    process.exitCode = 1;
  }
}

async function serve(options: RunOptions, flags: ServeFlags): Promise<void> {
  const opened = new Opened();
  try {
    await open(options, flags, opened);
  } catch (error) {
    // What is open may keep the process alive.
    await opened.close();
    throw error;
  }
}

async function open(options: RunOptions, flags: ServeFlags, opened: Opened): Promise<void> {
  const { scheme, admission: ownPlugins } = options;
  const delegated = isDelegated(flags, podEnvironment());
  const bindAddress = bindAddressOf(flags, delegated);
  const certificates = await certificatesOf(flags, delegated, bindAddress);
  const { storage, place, keyPrefix, healthName } = opened.add(await openStorage(flags, scheme, tell), (it) =>
    it.storage.close(),
  );
  const audit = opened.add(await openAudit(flags, tell), (it) => it?.close());
  const metrics = new ServerMetrics();
  const access = opened.add(
    delegated || certificates === undefined
      ? await delegatedAccess(flags, podEnvironment(), { scheme, metrics, tell })
      : localAccess(certificates.authority),
    (it) => it.close(),
  );
  const listener = opened.add(await openListenerCertificates(flags, certificates?.serving, { tell }), (it) =>
    it.close(),
  );
  const logging = loggingTo(process.stderr, flags);
  const server = opened.add(
    createServer({
      ...options,
      storage,
      keyPrefix,
      storageName: healthName,
      admission: (objects) => access.admission(ownPlugins?.(objects) ?? []),
      tls: { ...listener.tls, clientCa: access.clientCa },
      authenticators: access.authenticators,
      authorizer: access.authorizer,
      version: packageVersion(),
      port: flags.securePort,
      standsAlone: !delegated,
      limits: limitsOf(flags),
      shutdown: shutdownOf(flags),
      checks: [logging.check, ...access.checks],
      logger: logging.logger,
      metrics,
      ...(audit === undefined ? {} : { audit }),
    }),
    (it) => it.close(),
  );
  const port = await listen(server, bindAddress, flags.securePort);
  if (!delegated && certificates !== undefined) {
    const servingCertificate = listener.tls.source.pair().cert.toString();
    await writeKubeconfig(flags.writeKubeconfig, { host: bindAddress, port, servingCertificate, certificates });
  }
  const revision = await storage.currentRevision();
  const kubeconfig = delegated ? undefined : flags.writeKubeconfig;
  process.stdout.write(welcome(scheme, { bindAddress, port, place, revision, kubeconfig }));
  stopOnSignal(opened);
}

/** The certificates of the server's own making; none in a cluster where flags name one to serve. */
async function certificatesOf(
  { certDir, dataDir, tlsCertFile }: ServeFlags,
  delegated: boolean,
  bindAddress: string,
): Promise<LocalCertificates | undefined> {
  if (delegated && tlsCertFile !== undefined) return undefined;
  return localCertificates(certDir ?? join(dataDir, "certificates"), bindAddress, new Date());
}

function podEnvironment(): PodEnvironment {
  const { KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT } = process.env;
  return { KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT };
}

/** What a server has opened, to be closed in the reverse order. */
class Opened {
  readonly #closers: (() => Promise<void> | void)[] = [];

  /** Takes note of how to close something; gives the thing. */
  add<T>(thing: T, close: (thing: T) => Promise<void> | void): T {
    this.#closers.push(() => close(thing));
    return thing;
  }

  /** Closes all that is open; what keeps one thing from it keeps no other. Throws the first of such errors. */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (const close of this.#closers.splice(0).toReversed()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

async function listen(server: Server, bindAddress: string, securePort: number): Promise<number> {
  try {
    return await server.listen(bindAddress, securePort);
  } catch (error) {
    switch (codeOf(error)) {
      case "EADDRINUSE":
        throw new StartError(
          `port ${securePort} on ${bindAddress} is in use; stop what uses it, or give --secure-port`,
        );
      case "EACCES":
        throw new StartError(
          `port ${securePort} takes more rights than this user has; give --secure-port 1024 or above`,
        );
      case "EADDRNOTAVAIL":
        throw new StartError(`this machine has no address ${bindAddress}; give --bind-address another`);
      default:
        throw error;
    }
  }
}

// A terminal sends Ctrl-C to npm and to the server, and npm passes it on: what comes so soon is the same signal.
const sameSignalMs = 500;

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The first signal stops the server once all is answered and stored; a later one ends the process at once. */
function stopOnSignal(opened: Opened): void {
  let stoppingSinceMs: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (stoppingSinceMs !== undefined) {
      if (performance.now() - stoppingSinceMs > sameSignalMs) process.exit(1);
      return;
    }
    stoppingSinceMs = performance.now();
    process.stdout.write(`${signal}: finishing what is being answered\n`);
    void finish(opened);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

async function finish(opened: Opened): Promise<void> {
  try {
    await opened.close();
    process.stdout.write("stopped\n");
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${lineFor(error)}\n`);
    process.exit(1);
  }
}

/** What is known to go wrong is told in one line; anything else is a fault of ours, and its stack helps to mend it. */
function lineFor(error: unknown): string {
  if (error instanceof StartError || error instanceof StorageUnavailable) return `error: ${error.message}`;
  if (error instanceof Error && codeOf(error) !== undefined) return `error: ${error.message}`;
  return `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
