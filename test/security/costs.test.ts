import { afterAll, beforeAll, expect, test } from "vitest";
import { Client, type Answered, type Asked } from "./client.ts";
import { costlyBodies } from "./costly-bodies.ts";
import { costlyTexts } from "./costly-texts.ts";
import { issueIdentities, type Identities } from "./identities.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

/*
 * What one request may cost: what takes time that grows with the square of it, or faster, would hold up everybody else
 * for minutes. Processor time is counted, which does not grow with what else the machine does.
 */
const cpuMsMax = 2_000;
/** Nor is an answer to be many times as long as what was asked. */
const answerLengthMax = 8 * 1024 * 1024;
const statusesExpected: ReadonlySet<number> = new Set([
  200, 201, 304, 400, 404, 406, 409, 413, 414, 415, 416, 422, 431,
]);

let known: Identities;
let server: ServerProcess;
let other: Client;
let attacker: Client;

beforeAll(async () => {
  known = await issueIdentities();
  server = await startServerProcess(known.folder);
  other = client();
  attacker = client();
  for (let number = 0; number < 100; number++) {
    const cat = {
      apiVersion: "animal.skai.io/v1alpha1",
      kind: "Cat",
      metadata: { name: `c-${number}` },
      spec: { name: "Tom" },
    };
    await other.ask({
      method: "POST",
      path: "/apis/animal.skai.io/v1alpha1/namespaces/ns/cats",
      type: "application/json",
      body: JSON.stringify(cat),
    });
  }
});

afterAll(async () => {
  other.close();
  attacker.close();
  await server.stop();
  await known.remove();
});

function client(): Client {
  return new Client(server.port, known.proxy, { "x-remote-user": "ann", "x-remote-group": "system:masters" });
}

/** What an attack is answered with; a status of 0 where its connection is closed instead. */
async function answerTo(asked: Asked): Promise<Answered> {
  try {
    return await attacker.ask(asked);
  } catch {
    attacker.close();
    attacker = client();
    return { status: 0, text: "" };
  }
}

/** What Kubernetes answers with 500 where a patch does not fit its type. */
const misfit =
  /failed to create typed patch object|failed to convert new object|in the patch list|The order in patch list/;

test.each([...costlyTexts(), ...costlyBodies()])("%s: answered in bounded time", async (_what, asked) => {
  const { cpuMs: before } = await server.usage("time");
  const { status, text } = await answerTo(asked);
  const { cpuMs: after } = await server.usage("time");
  expect(after - before).toBeLessThan(cpuMsMax);
  if (status !== 0 && !misfit.test(text)) expect(statusesExpected, text.slice(0, 1_000)).toContain(status);
  expect(text.length).toBeLessThan(answerLengthMax);
  expect((await other.ask({ path: "/apis/animal.skai.io/v1alpha1/namespaces/ns/cats/c-0" })).status).toBe(200);
});
