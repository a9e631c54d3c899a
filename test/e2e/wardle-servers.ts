import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RestClient } from "./rest-client.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A server of the sample API that a test started as a process. */
export interface WardleServer {
  readonly client: RestClient;
  stop(): Promise<void>;
}

/** Starts the sample API of this repository on an etcd. */
export async function startOurWardle(endpoints: readonly string[], prefix: string): Promise<WardleServer> {
  const flags = ["--secure-port=0", `--etcd-servers=${endpoints.join(",")}`, `--etcd-prefix=${prefix}`];
  return startServer(
    process.execPath,
    ["-C", "source", "--import", "tsx", "test/wardle/serve.ts", ...flags],
    undefined,
  );
}

/** Starts the Go sample-apiserver on an etcd. */
export async function startGoWardle(
  binary: string,
  endpoints: readonly string[],
  prefix: string,
): Promise<WardleServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "go-wardle-"));
  const flags = [
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${folder}`,
    `--etcd-servers=${endpoints.join(",")}`,
    `--etcd-prefix=${prefix}`,
  ];
  const server = await startServer(binary, flags, port);
  return {
    client: server.client,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const patienceMs = 60_000;
const pollMs = 100;

/** Runs a program until it is ready; its port is in the first line that it prints, unless it was given. */
async function startServer(command: string, args: readonly string[], given: number | undefined): Promise<WardleServer> {
  const child = spawn(command, args, { cwd: root });
  const ended = once(child, "exit");
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), patienceMs);
    await ended;
    clearTimeout(late);
  };
  const deadlineMs = Date.now() + patienceMs;
  while (Date.now() < deadlineMs && child.exitCode === null) {
    const port = given ?? Number(/https:\/\/127\.0\.0\.1:(\d+)/.exec(printed)?.[1] ?? Number.NaN);
    const client = new RestClient(port);
    if (!Number.isNaN(port) && (await isReady(client))) return { client, stop };
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  if (child.exitCode === null) await stop();
  throw new Error(`${command} did not become ready:\n${printed}`);
}

async function isReady(client: RestClient): Promise<boolean> {
  return client.send("GET", "/readyz").then(
    ({ status }) => status === 200,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
