import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Command } from "commander";
import { allow } from "../../runtime/auth/authorizer.ts";
import type { UserInfo } from "../../runtime/meta/user-info.ts";
import { createServer } from "../../runtime/server.ts";
import { addEtcdFlags } from "../../runtime/start/etcd-flags.ts";
import { openStorage, type StorageFlags } from "../../runtime/start/open-storage.ts";
import { packageVersion } from "../../runtime/start/version.ts";
import { banFlunder } from "../wardle/ban-flunder.ts";
import { scheme } from "../wardle/generated/index.ts";

// The sample API of the tests as a program to be measured: everybody may do everything, as at the Go peer, and objects
// are where the flags of any server say. It is compiled like the package, and tells its parent of its event loop.

interface Flags extends StorageFlags {
  readonly securePort: string;
  readonly tlsCertFile: string;
  readonly tlsPrivateKeyFile: string;
}

// Anonymous clients may not keep their HTTP/2 connections, so everybody is somebody here.
const user: UserInfo = { name: "bench", uid: "", groups: ["system:authenticated"], extra: {} };

const flags = addEtcdFlags(new Command())
  .requiredOption("--secure-port <port>")
  .requiredOption("--tls-cert-file <file>")
  .requiredOption("--tls-private-key-file <file>")
  .option("--data-dir <folder>", "", "")
  .parse()
  .opts<Flags>();
const port = Number(flags.securePort);
const { storage, keyPrefix, healthName } = await openStorage(
  flags,
  scheme,
  (line) => void process.stderr.write(`${line}\n`),
);
const server = createServer({
  scheme,
  storage,
  keyPrefix,
  storageName: healthName,
  tls: { key: readFileSync(flags.tlsPrivateKeyFile, "utf8"), cert: readFileSync(flags.tlsCertFile, "utf8") },
  authenticators: [() => user],
  authorizer: () => allow,
  version: packageVersion(),
  port,
  admission: (objects) => [banFlunder(objects)],
});
await server.listen("127.0.0.1", port);
process.once("SIGTERM", () => void stop());
tellOfEventLoop();

async function stop(): Promise<void> {
  await server.close();
  await storage.close();
  process.exit(0);
}

/** Answers each message of the parent with the longest stall since the last one, in milliseconds. */
function tellOfEventLoop(): void {
  const resolutionMs = 5;
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  process.on("message", () => {
    const stallMs = Math.max(0, delay.max / 1e6 - resolutionMs);
    delay.reset();
    process.send?.({ stallMs });
  });
}
