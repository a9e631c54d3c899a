import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import https from "node:https";
import { join } from "node:path";
import type { Programs } from "./build.ts";
import type { Peer } from "./peer.ts";
import { cpuSeconds } from "./process-stats.ts";

/** The servers that are compared, in the order of a round. */
export const contenderNames = ["go-etcd", "ts-etcd", "ts-lmdb"] as const;
export type ContenderName = (typeof contenderNames)[number];

/** What servers are started with. */
export interface Surroundings {
  readonly programs: Programs;
  readonly peer: Peer | undefined;
  /** The URLs of the etcd that they share, where each store has a prefix of its own. */
  readonly etcdServers: string | undefined;
  readonly folder: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A server that answers. */
export interface RunningServer {
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to the first answer that reads a stored object. */
  readonly readyMs: number;
  /** Processor time that it had used by then. */
  readonly readyCpuSeconds: number;
  /** The longest stall of the event loop since the last call, in milliseconds; undefined where there is no such loop. */
  stallMs(): Promise<number | undefined>;
  stop(): Promise<void>;
}

/**
 * Starts a server on a store, which is kept for the next start; servers on etcd have their stores in common. Resolves
 * when it answers.
 */
export async function startContender(
  name: ContenderName,
  store: string,
  surroundings: Surroundings,
): Promise<RunningServer> {
  const port = await freePort();
  const startedMs = performance.now();
  const child = spawnContender(name, store, port, surroundings);
  let printed = "";
  const keep = (chunk: Buffer): void => void (printed = (printed + chunk.toString()).slice(-4_000));
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  child.once("exit", () => process.off("exit", endWithUs));
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} does not start`);
  try {
    await ready(child, port);
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`${name} did not become ready:\n${printed}`, { cause: error });
  }
  const readyMs = performance.now() - startedMs;
  const readyCpuSeconds = cpuSeconds(pid);
  return { port, pid, readyMs, readyCpuSeconds, stallMs: () => stallOf(child), stop: () => stop(child) };
}

function spawnContender(
  name: ContenderName,
  store: string,
  port: number,
  { programs, peer, etcdServers, folder, certFile, keyFile }: Surroundings,
): ChildProcess {
  const etcd = [`--etcd-servers=${etcdServers ?? ""}`, `--etcd-prefix=/bench/${store}`];
  const serving = [`--secure-port=${port}`, `--tls-cert-file=${certFile}`, `--tls-private-key-file=${keyFile}`];
  // As `npm start` has it.
  const ours = ["--max-semi-space-size=8", programs.wardle, ...serving];
  const stdio: StdioOptions = ["ignore", "pipe", "pipe", "ipc"];
  switch (name) {
    case "go-etcd": {
      // The gate is off for anonymous clients to keep their HTTP/2 connections.
      const own = ["--bind-address=127.0.0.1", "--feature-gates=UnauthenticatedHTTP2DOSMitigation=false"];
      const flags = [...serving, ...etcd, ...own];
      return spawn(peer?.binary ?? "", flags, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    }
    case "ts-etcd":
      return spawn(process.execPath, [...ours, ...etcd], { cwd: folder, stdio });
    case "ts-lmdb":
      return spawn(process.execPath, [...ours, `--data-dir=${join(folder, "lmdb", store)}`], { cwd: folder, stdio });
  }
}

const readyMaxMs = 60_000;
const pollMs = 2;

/** Ready is who says so at /readyz and then looks through all objects in memory, none of which has the label. */
async function ready(child: ChildProcess, port: number): Promise<void> {
  const deadlineMs = performance.now() + readyMaxMs;
  const paths = ["/readyz", "/apis/wardle.example.com/v1alpha1/flunders?resourceVersion=0&labelSelector=none"];
  for (const path of paths) {
    while ((await statusOf(port, path)) !== 200) {
      if (child.exitCode !== null) throw new Error(`it ended with exit code ${child.exitCode}`);
      if (performance.now() > deadlineMs) throw new Error(`${path} did not answer 200 within ${readyMaxMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }
}

/** Undefined where nobody answers. */
async function statusOf(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = https.get(
      { host: "127.0.0.1", port, path, rejectUnauthorized: false, agent: false, timeout: 10_000 },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode));
        response.on("error", () => resolve(undefined));
      },
    );
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(undefined));
  });
}

async function stallOf(child: ChildProcess): Promise<number | undefined> {
  if (!child.connected) return undefined;
  const answered = once(child, "message");
  child.send("stall");
  const [message] = (await answered) as [{ stallMs: number }];
  return message.stallMs;
}

const stopMaxMs = 15_000;

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), stopMaxMs);
  await ended;
  clearTimeout(late);
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
