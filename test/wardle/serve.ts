import { Command, CommanderError, InvalidArgumentError } from "commander";
import { host, wardleServer } from "./server.ts";

/**
 * Serves the sample API of the tests as a program, until SIGTERM or SIGINT:
 * `npm run fixture:wardle -- --secure-port 18443`.
 */
const program = new Command("npm run fixture:wardle --")
  .description("Serves the sample API of the tests over TLS, with objects in memory and no access control.")
  .requiredOption("--secure-port <port>", "the port to serve HTTPS on; 0 picks a free one", parsePort)
  .option("--etcd-servers <urls>", "keep objects in this etcd")
  .exitOverride();

interface Flags {
  readonly securePort: number;
  readonly etcdServers?: string;
}

try {
  const { securePort, etcdServers } = program.parse().opts<Flags>();
  if (etcdServers === undefined) await serve(securePort);
  else fail("--etcd-servers: objects are kept in memory alone; leave the flag out");
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else fail(error instanceof Error ? error.message : String(error));
}

async function serve(securePort: number): Promise<void> {
  const server = await wardleServer(securePort);
  const port = await server.listen(host, securePort);
  process.stdout.write(`serving wardle.example.com on https://${host}:${port}\n`);
  const stop = (): void => {
    server.close().catch((error: unknown) => fail(String(error)));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
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
