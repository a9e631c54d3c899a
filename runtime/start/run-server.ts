import { join } from "node:path";
import { authenticateClientCertificate } from "../auth/client-certificate.ts";
import { authorizeLocally } from "../auth/local-authorizer.ts";
import type { Scheme } from "../scheme/scheme.ts";
import { createServer, type Server, type ServerOptions } from "../server.ts";
import { StorageUnavailable, type Storage } from "../storage/storage.ts";
import { localCertificates, readKeyPair, type LocalCertificates } from "./certificates.ts";
import type { KeyPair } from "./key-pair.ts";
import { parseFlags, type ServeFlags } from "./flags.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { openStorage } from "./open-storage.ts";
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
  const { bindAddress, dataDir } = flags;
  const now = new Date();
  const certificates = await localCertificates(flags.certDir ?? join(dataDir, "certificates"), bindAddress, now);
  const serving = await servingCertificate(flags, certificates, now);
  const { storage, place, keyPrefix, healthName } = await openStorage(flags, options.scheme, tell);
  let server: Server | undefined;
  try {
    server = createServer({
      ...options,
      storage,
      keyPrefix,
      storageName: healthName,
      tls: { key: serving.key, cert: serving.certificate, clientCa: certificates.authority },
      authenticators: [authenticateClientCertificate],
      authorizer: authorizeLocally,
      version: packageVersion(),
      port: flags.securePort,
      standsAlone: true,
      logger: { level: "error" },
    });
    const port = await listen(server, flags);
    const access = { host: bindAddress, port, servingCertificate: serving.certificate, certificates };
    await writeKubeconfig(flags.writeKubeconfig, access);
    process.stdout.write(welcome(options.scheme, { flags, port, place, revision: await storage.currentRevision() }));
    stopOnSignal(server, storage);
  } catch (error) {
    // It may listen already, which would keep the process alive.
    await server?.close();
    await storage.close();
    throw error;
  }
}

async function servingCertificate(flags: ServeFlags, certificates: LocalCertificates, now: Date): Promise<KeyPair> {
  const { tlsCertFile, tlsPrivateKeyFile } = flags;
  if (tlsCertFile === undefined || tlsPrivateKeyFile === undefined) return certificates.serving;
  return readKeyPair(
    { flag: "--tls-cert-file", file: tlsCertFile },
    { flag: "--tls-private-key-file", file: tlsPrivateKeyFile },
    now,
  );
}

async function listen(server: Server, { bindAddress, securePort }: ServeFlags): Promise<number> {
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
function stopOnSignal(server: Server, storage: Storage): void {
  let stoppingSinceMs: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (stoppingSinceMs !== undefined) {
      if (performance.now() - stoppingSinceMs > sameSignalMs) process.exit(1);
      return;
    }
    stoppingSinceMs = performance.now();
    process.stdout.write(`${signal}: finishing what is being answered\n`);
    void finish(server, storage);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

async function finish(server: Server, storage: Storage): Promise<void> {
  try {
    await server.close();
    await storage.close();
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
