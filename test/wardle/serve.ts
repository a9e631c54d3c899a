import { Command, CommanderError, InvalidArgumentError } from "commander";
import { addEtcdFlags, checkEtcdFlags, type EtcdFlags } from "../../runtime/start/etcd-flags.ts";
import { openStorage } from "../../runtime/start/open-storage.ts";
import type { Server } from "../../runtime/server.ts";
import { scheme } from "./generated/index.ts";
import { host, type Kept, wardleServer } from "./server.ts";

/**
 * Serves the sample API of the tests as a program, until SIGTERM or SIGINT:
 * `npm run fixture:wardle -- --secure-port 18443`.
 */
const program = addEtcdFlags(
  new Command("npm run fixture:wardle --")
    .description("Serves the sample API of the tests over TLS, with objects in memory and no access control.")
    .requiredOption("--secure-port <port>", "the port to serve HTTPS on; 0 picks a free one", parsePort)
    .option("--data-dir <folder>", "keep objects in this folder"),
).exitOverride();

interface Flags extends EtcdFlags {
  readonly securePort: number;
  readonly dataDir: string | undefined;
}

try {
  const flags = program.parse().opts<Flags>();
  checkEtcdFlags(flags);
  await serve(flags);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else fail(error instanceof Error ? error.message : String(error));
}

async function serve(flags: Flags): Promise<void> {
  const kept = await openKept(flags);
  const server = await wardleServer(flags.securePort, kept);
  const port = await server.listen(host, flags.securePort);
  process.stdout.write(`serving wardle.example.com on https://${host}:${port}\n`);
  const stop = (): void => {
    close(server, kept).catch((error: unknown) => fail(String(error)));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

async function openKept({ dataDir, ...flags }: Flags): Promise<Kept | undefined> {
  if (flags.etcdServers === undefined && dataDir === undefined) return undefined;
  return openStorage({ ...flags, dataDir: dataDir ?? "" }, scheme, (line) => void process.stderr.write(`${line}\n`));
}

async function close(server: Server, kept: Kept | undefined): Promise<void> {
  await server.close();
  await kept?.storage.close();
}

function fail(message: string): void {
  process.stderr.write(`error: ${message}\n`);
  process.exitCode = 1;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new InvalidArgumentError("A port is a number from 0 to 65535.");
  return port;
}
