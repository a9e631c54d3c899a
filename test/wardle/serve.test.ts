import { spawn } from "node:child_process";
import { once } from "node:events";
import { json } from "node:stream/consumers";
import https from "node:https";
import type { IncomingMessage } from "node:http";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

interface Run {
  readonly output: () => string;
  readonly errors: () => string;
  readonly exited: Promise<number>;
  readonly stop: () => void;
}

function serve(...flags: string[]): Run {
  const program = fileURLToPath(new URL("./serve.ts", import.meta.url));
  const child = spawn(process.execPath, ["-C", "source", "--import", "tsx", program, ...flags]);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const exited = once(child, "exit").then(([code]) => Number(code));
  return { output: () => output, errors: () => errors, exited, stop: () => void child.kill("SIGTERM") };
}

async function get(url: string): Promise<IncomingMessage> {
  const [response] = (await once(https.get(url, { rejectUnauthorized: false, agent: false }), "response")) as [
    IncomingMessage,
  ];
  return response;
}

test("the fixture serves anonymous users over TLS, says so in one line, and stops on SIGTERM", async () => {
  const run = serve("--secure-port", "0");
  await Promise.race([expect.poll(run.output, { timeout: 20_000 }).toMatch(/\n/), run.exited]);
  const [, url = ""] = /^serving wardle\.example\.com on (https:\/\/127\.0\.0\.1:\d+)\n$/.exec(run.output()) ?? [];
  expect((await get(`${url}/apis/wardle.example.com/v1alpha1/flunders`)).statusCode).toBe(200);
  const discovery = (await json(await get(`${url}/apis`))) as { groups: { serverAddressByClientCIDRs: object[] }[] };
  const serverAddress = `:${new URL(url).port}`;
  expect(discovery.groups[0]?.serverAddressByClientCIDRs).toEqual([{ clientCIDR: "0.0.0.0/0", serverAddress }]);
  run.stop();
  expect(await run.exited).toBe(0);
  expect(run.errors()).toBe("");
});

test.each([
  [
    ["--secure-port", "0", "--etcd-servers", "127.0.0.1:2379"],
    /^error: [^\n]*A server of etcd is a URL such as http:\/\/127\.0\.0\.1:2379\.\n$/,
  ],
  [["--secure-port", "0", "--etcd-keyfile", "x"], /^error: --etcd-certfile and --etcd-keyfile go together[^\n]+\n$/],
  [["--secure-port", "100000"], /^error: [^\n]*A port is a number from 0 to 65535\.\n$/],
  [[], /^error: required option '--secure-port <port>' not specified\n$/],
])("the flags %j are refused in one line", async (flags, line) => {
  const run = serve(...flags);
  expect(await run.exited).toBe(1);
  expect(run.errors()).toMatch(line);
});
