import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { localCertificates } from "../../runtime/start/certificates.ts";
import type { KeyPair } from "../../runtime/start/key-pair.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The built server as a process that can die and come back on the same port, with the same certificates. */
export interface ServerProcess {
  readonly port: number;
  readonly authority: string;
  readonly client: KeyPair;
  /** Starts it; resolves once it serves. */
  start(): Promise<void>;
  /** Ends it without warning; resolves once it is gone. */
  kill(): Promise<void>;
}

/** Prepares a server whose data and certificates are in `folder`; `npm run build` must have been run. */
export async function serverProcess(folder: string, flags: readonly string[]): Promise<ServerProcess> {
  const dataDir = join(folder, "data");
  const { authority, client } = await localCertificates(join(folder, "certificates"), "127.0.0.1", new Date());
  const port = await freePort();
  const args = [
    join(root, "dist/server/main.js"),
    `--secure-port=${port}`,
    `--data-dir=${dataDir}`,
    `--cert-dir=${join(folder, "certificates")}`,
    `--write-kubeconfig=${join(folder, "kubeconfig")}`,
    ...flags,
  ];
  let child: ChildProcess | undefined;
  return {
    port,
    authority,
    client,
    async start() {
      child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
      await serving(child);
    },
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Resolves once the process says where it serves; throws what it printed if it ends instead. */
function serving(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = "";
    const look = (chunk: Buffer): void => {
      printed += chunk.toString();
      if (/https:\/\/\S+:\d+/.test(printed)) resolve();
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
    child.on("exit", () => reject(new Error(`the server did not start:\n${printed}`)));
  });
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  await once(listener, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP listener has a port");
  return address.port;
}
