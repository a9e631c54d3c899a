import { authenticateClientCertificate } from "../../runtime/auth/client-certificate.ts";
import { authorizeLocally } from "../../runtime/auth/local-authorizer.ts";
import { createScheme } from "../../runtime/scheme/scheme.ts";
import { createServer } from "../../runtime/server.ts";
import { issueAuthority, issueClient, issueServing } from "../../runtime/start/issue-certificates.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { scheme as cats } from "../../generated/index.ts";
import { scheme as farm } from "../farm/generated/index.ts";
import { scheme as wardle } from "../wardle/generated/index.ts";
import type { Measured, Started } from "./fuzzed-server.ts";

/*
 * A server of cats, herds, flunders and fischers in memory, for a test that sends it all sorts of requests. It runs in a process
 * of its own, since what nobody catches is to end it. What it logs goes to standard output, which the test reads: it logs
 * what it answers with "Internal error". Each message from the test asks for a measurement.
 */
const builtIns = { Object, Array, String, Number, Boolean, Function, Map, Set, Promise, RegExp, Error };

function prototypeKeys(): string[] {
  return Object.entries(builtIns).flatMap(([name, { prototype }]) =>
    Reflect.ownKeys(prototype).map((key) => `${name}.prototype.${String(key)}`),
  );
}

const untouched = new Set(prototypeKeys());
const storage = memoryStorage();

async function main(): Promise<void> {
  const now = new Date();
  const authority = await issueAuthority(now);
  const serving = await issueServing(authority, "127.0.0.1", now);
  const server = createServer({
    scheme: createScheme([cats, farm, wardle].flatMap(({ groupVersions }) => groupVersions)),
    storage,
    tls: { key: serving.key, cert: serving.certificate, clientCa: authority.certificate },
    authenticators: [authenticateClientCertificate],
    authorizer: authorizeLocally,
    version: "0",
    port: 0,
    cbor: true,
    logger: { level: "error" },
  });
  const port = await server.listen("127.0.0.1", 0);
  const client = await issueClient(authority, { name: "fuzzer", group: "system:masters" }, now);
  const started: Started = { port, ca: authority.certificate, key: client.key, cert: client.certificate };
  process.on("disconnect", () => process.exit());
  process.on("message", () => void measure().then((measured) => process.send?.(measured)));
  process.send?.(started);
}

/** Deletes all objects and their history, so that what memory remains is held by nothing that was asked for. */
async function measure(): Promise<Measured> {
  const { entries } = await storage.list("/");
  for (const { key, revision } of entries) await storage.delete(key, revision);
  await storage.compact(await storage.currentRevision());
  // What is let go of by the callbacks of one collection goes with the next.
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return { bytes: heapUsed + external, polluted: prototypeKeys().filter((key) => !untouched.has(key)) };
}

await main();
