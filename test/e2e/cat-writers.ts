import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import type { KeyPair } from "../../runtime/start/key-pair.ts";

/** Where the cats are, and how one gets in. */
export interface CatServer {
  readonly port: number;
  readonly authority: string;
  readonly client: KeyPair;
}

const namespaces = ["barn", "house"] as const;
const namesEach = 12;
const group = "/apis/animal.skai.io/v1alpha1/namespaces";
const merge = "application/merge-patch+json";

/** What a client sends. */
interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly contentType?: string;
}

interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** What another writer has done meanwhile: the object is there already, or gone, or newer. */
const raced: readonly number[] = [404, 409];

/** Writes cats at random until it is stopped; gives how many writes there were. Throws what is no success and no race. */
export async function writeCats(server: CatServer, stopped: AbortSignal): Promise<number> {
  const { authority, client, port } = server;
  const agent = new https.Agent({ keepAlive: true, ca: authority, cert: client.certificate, key: client.key });
  let writes = 0;
  try {
    while (!stopped.aborted) {
      const { status, body } = await randomWrite((sent) => send(agent, port, sent));
      if (status >= 300 && !raced.includes(status)) throw new Error(`a write failed: ${JSON.stringify(body)}`);
      if (status < 300) writes++;
      // So that there are gaps for reconnects and compactions.
      if (Math.random() < 0.05) await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
    }
    return writes;
  } finally {
    agent.destroy();
  }
}

function randomWrite(ask: (sent: Sent) => Promise<Answered>): Promise<Answered> {
  const collection = `${group}/${pick(namespaces)}/cats`;
  const name = `cat-${Math.floor(Math.random() * namesEach)}`;
  const path = `${collection}/${name}`;
  const dice = Math.random();
  if (dice < 0.3) return ask({ method: "POST", path: collection, body: newCat(name) });
  if (dice < 0.5) return replace(ask, path);
  if (dice < 0.7) return ask({ method: "PATCH", path, body: randomPatch(), contentType: merge });
  if (dice < 0.8) return ask({ method: "DELETE", path });
  if (dice < 0.85) return ask({ method: "PATCH", path, body: { metadata: { finalizers: null } }, contentType: merge });
  const applied = { ...newCat(name), metadata: { name } };
  const query = "?fieldManager=writer&force=true";
  return ask({ method: "PATCH", path: path + query, body: applied, contentType: "application/apply-patch+yaml" });
}

/** Reads an object and puts it back with a change. */
async function replace(ask: (sent: Sent) => Promise<Answered>, path: string): Promise<Answered> {
  const read = await ask({ method: "GET", path });
  if (read.status !== 200) return read;
  const spec = read.body["spec"] as object;
  return ask({ method: "PUT", path, body: { ...read.body, spec: { ...spec, lives: lives() } } });
}

function newCat(name: string) {
  const finalizers = Math.random() < 0.2 ? { finalizers: ["example.com/nap"] } : {};
  const labels = { home: pick(["barn", "house"]) };
  return {
    apiVersion: "animal.skai.io/v1alpha1",
    kind: "Cat",
    metadata: { name, labels, ...finalizers },
    spec: { name: "tom", lives: lives() },
  };
}

function randomPatch(): object {
  if (Math.random() < 0.5) return { metadata: { labels: { home: pick(["barn", "house", null]) } } };
  return { spec: { lives: lives(), quirks: { last: "x".repeat(Math.floor(Math.random() * 2_000)) } } };
}

const lives = (): number => Math.floor(Math.random() * 10);

function pick<T>(values: readonly T[]): T {
  const value = values[Math.floor(Math.random() * values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
}

async function send(agent: https.Agent, port: number, sent: Sent): Promise<Answered> {
  const { method, path, body, contentType = "application/json" } = sent;
  const headers = body === undefined ? {} : { "content-type": contentType };
  const request = https.request({ agent, host: "127.0.0.1", port, method, path, headers });
  request.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) };
}
