import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { issueAuthority, issueClient } from "../../runtime/start/issue-certificates.ts";
import { startEtcd, type Etcd } from "../etcd/etcd.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A server as a user starts it, which may not come up. */
class Run {
  readonly #ended: Promise<unknown>;
  readonly #kill: (signal: NodeJS.Signals) => void;
  stdout = "";
  stderr = "";
  code: number | null = null;

  constructor(folder: string, flags: readonly string[]) {
    const own = ["--secure-port=0", `--data-dir=${folder}/data`, `--write-kubeconfig=${folder}/kubeconfig`];
    const child = spawn(process.execPath, ["dist/server/main.js", ...own, ...flags], { cwd: root });
    child.stdout.on("data", (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#kill = (signal) => void child.kill(signal);
    this.#ended = once(child, "close").then(([code]) => (this.code = code as number | null));
  }

  async end(): Promise<number | null> {
    await this.#ended;
    return this.code;
  }

  stop(): Promise<number | null> {
    this.#kill("SIGTERM");
    return this.end();
  }

  async serves(): Promise<void> {
    await expect
      .poll(() => this.code !== null || this.stdout.includes("Ctrl-C stops it"), { timeout: 60_000 })
      .toBe(true);
    expect(this.stderr).not.toContain("error:");
  }
}

describe("a server on etcd", () => {
  let folder: string;
  let plain: Etcd;
  let secured: Etcd;
  const start = (...flags: string[]): Run => new Run(folder, flags);
  const tlsFlags = (parts: { ca?: string; cert?: string; key?: string }): string[] =>
    Object.entries({ cafile: parts.ca, certfile: parts.cert, keyfile: parts.key }).flatMap(([flag, file]) =>
      file === undefined ? [] : [`--etcd-${flag}=${file}`],
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "etcd-start-"));
    plain = await startEtcd();
    secured = await startEtcd({ tls: { mutual: true } });
  });

  afterAll(async () => {
    await plain.stop();
    await secured.stop();
    await rm(folder, { recursive: true });
  });

  test("says where objects are kept", async () => {
    const [endpoint = ""] = plain.endpoints;
    const run = start(`--etcd-servers=${endpoint}`, "--etcd-prefix=zoo");
    await run.serves();
    expect(run.stdout).toContain(`  objects      etcd at ${endpoint}, below /zoo, at revision 1\n`);
    expect(await run.stop()).toBe(0);
  });

  test("shows its certificate to an etcd that wants one", async () => {
    const run = start(`--etcd-servers=${secured.endpoints.join(",")}`, ...tlsFlags(secured.tls?.files ?? {}));
    await run.serves();
    expect(await run.stop()).toBe(0);
  });

  test("waits for an etcd that is not there yet, and says so", async () => {
    const [endpoint = ""] = plain.endpoints;
    await plain.members[0]?.kill();
    const run = start(`--etcd-servers=${endpoint}`);
    await expect.poll(() => run.stderr, { timeout: 60_000 }).toContain("waiting for etcd: ");
    expect(run.stderr).toMatch(/^waiting for etcd: http:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED [^\n]+\n/);
    await plain.members[0]?.restart();
    await run.serves();
    expect(await run.stop()).toBe(0);
  });

  test("ends with one line that says what to do where waiting does not help", async () => {
    const stranger = await issueAuthority(new Date());
    const leaf = await issueClient(stranger, { name: "eve", group: "system:masters" }, new Date());
    const written = async (name: string, content: string): Promise<string> => {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    };
    const other = {
      ca: await written("other-ca.crt", stranger.certificate),
      cert: await written("other.crt", leaf.certificate),
      key: await written("other.key", leaf.key),
    };
    const { ca = "" } = secured.tls?.files ?? {};
    const runs = [
      [{ ca: other.ca }, /unable to verify the first certificate; give --etcd-cafile the authorities/],
      [{ ca: join(folder, "none") }, /--etcd-cafile: cannot read /],
      [{ ca: other.key }, /--etcd-cafile: .* holds no certificate in PEM form/],
      [{ ca }, /certificate required; it wants a certificate that it knows: give --etcd-certfile and --etcd-keyfile/],
      [{ ca, cert: other.cert, key: other.key }, /unknown ca; it wants a certificate that it knows/],
    ] as const;
    const [endpoint = ""] = secured.endpoints;
    for (const [parts, message] of runs) {
      const run = start(`--etcd-servers=${endpoint}`, ...tlsFlags(parts));
      expect(await run.end()).toBe(1);
      expect(run.stderr).toMatch(/^error: [^\n]+\n$/);
      expect(run.stderr).toMatch(message);
    }
  });
});
