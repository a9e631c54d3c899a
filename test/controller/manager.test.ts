import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Cat } from "../../apis/animal/v1alpha1/cat_types.ts";
import type { ControllerDefinition, Reconciliation } from "../../runtime/controller/controller.ts";
import {
  controllerReference,
  defineController,
  logTo,
  startManager,
  TerminalError,
  watching,
  type Manager,
  type ManagerOptions,
} from "../../runtime/controller/index.ts";
import { cats, newCat, startCatCluster, type CatCluster } from "./cat-cluster.ts";

let cluster: CatCluster;
let manager: Manager | undefined;
let lines: string[];

beforeEach(async () => {
  cluster = await startCatCluster();
  lines = [];
});
afterEach(async () => {
  manager?.stop();
  await manager?.ended;
  manager = undefined;
  await cluster.close();
});

const patience = { timeout: 20_000 };

async function run(
  definition: Partial<ControllerDefinition<Cat>> & Pick<ControllerDefinition<Cat>, "reconcile">,
  options: Partial<ManagerOptions> = {},
): Promise<Manager> {
  const log = logTo({ write: (line) => void lines.push(line) });
  const controllers = [defineController<Cat>({ name: "cat", for: cats, ...definition })];
  manager = await startManager({ controllers, kubeConfig: cluster.kubeConfig, log, ...options });
  return manager;
}

const one = { name: "one", namespace: "default" };

/** What most controllers do: they note which generation they have seen. */
async function observe({ object, own }: Reconciliation<Cat>): Promise<void> {
  const generation: number = object.metadata.generation ?? 0;
  if (object.status.observedGeneration !== generation) {
    await own.patchStatus(object.metadata, { observedGeneration: generation });
  }
}

async function observedGeneration(name = "one"): Promise<number | undefined> {
  return (await cluster.cats.get({ name, namespace: "default" }))?.status.observedGeneration;
}

test("what is there and what changes is reconciled", async () => {
  await cluster.cats.create(newCat("one"));
  await run({ reconcile: observe });
  await expect.poll(() => observedGeneration(), patience).toBe(1);
  await cluster.cats.patch(one, { spec: { lives: 3 } });
  await expect.poll(() => observedGeneration(), patience).toBe(2);
  await cluster.cats.create(newCat("two"));
  await expect.poll(() => observedGeneration("two"), patience).toBe(1);
});

test("an object that is to be changed is a copy, and a write of an old state is tried again", async () => {
  await cluster.cats.create(newCat("one"));
  let attempts = 0;
  await run({
    async reconcile({ object, own }) {
      if (object.metadata.labels?.["seen"] !== undefined) return;
      attempts += 1;
      // Another one is faster, the first time.
      if (attempts === 1) await cluster.cats.patch(object.metadata, { spec: { lives: 2 } });
      object.metadata.labels = { seen: "yes" };
      await own.replace(object);
    },
  });
  await expect.poll(async () => (await cluster.cats.get(one))?.metadata.labels, patience).toEqual({ seen: "yes" });
  expect((await cluster.cats.get(one))?.spec.lives).toBe(2);
  expect(lines.join("")).toContain("has changed meanwhile; tried again");
});

test("what fails is tried again after longer each time, and begins anew once it has succeeded", async () => {
  await cluster.cats.create(newCat("one"));
  const attemptsMs: number[] = [];
  await run({
    async reconcile(reconciliation) {
      attemptsMs.push(performance.now());
      if (attemptsMs.length < 6) throw new Error("not yet");
      await observe(reconciliation);
    },
  });
  await expect.poll(() => observedGeneration(), patience).toBe(1);
  const waited = attemptsMs.slice(1, 6).map((ms, attempt) => ms - (attemptsMs[attempt] ?? 0));
  // 5, 10, 20, 40 and 80 ms at least, but for what timers are wrong by.
  for (const [failure, ms] of waited.entries()) expect(ms).toBeGreaterThan(5 * 2 ** failure - 2);
  expect(lines.filter((line) => line.includes("failed; tried again"))).toHaveLength(5);
  expect(lines.join("")).toMatch(/err="not yet" controller="cat" name="one" namespace="default" failures=5/);
});

test("a terminal error waits for a change", async () => {
  await cluster.cats.create(newCat("one"));
  let attempts = 0;
  await run(
    {
      async reconcile({ object }) {
        attempts += 1;
        if (object.spec.lives !== 1) throw new TerminalError("it has too many lives");
      },
    },
    { metricsAddress: "127.0.0.1:0" },
  );
  await expect.poll(() => lines.join(""), patience).toContain("failed, and waits for a change");
  await sleep(200);
  expect(attempts).toBe(1);
  await cluster.cats.patch(one, { spec: { lives: 1 } });
  await expect.poll(() => attempts, patience).toBe(2);
});

test("an object that asks for it is looked at again later", async () => {
  await cluster.cats.create(newCat("one"));
  let attempts = 0;
  await run({
    async reconcile() {
      attempts += 1;
      return attempts < 4 ? { requeueAfterMs: 10 } : undefined;
    },
  });
  await expect.poll(() => attempts, patience).toBe(4);
});

test("an object is with one worker at a time, others are worked on meanwhile", async () => {
  for (const name of ["one", "two", "three"]) await cluster.cats.create(newCat(name));
  const busy = new Map<string, number>();
  let most = 0;
  let twice = false;
  let done = 0;
  await run({
    workers: 2,
    async reconcile({ name, object, own }) {
      twice ||= busy.has(name);
      busy.set(name, 1);
      most = Math.max(most, busy.size);
      if ((object.spec.lives ?? 9) > 6)
        await own.patch(object.metadata, { spec: { lives: (object.spec.lives ?? 9) - 1 } });
      await sleep(30);
      busy.delete(name);
      done += 1;
    },
  });
  await expect.poll(() => done, patience).toBeGreaterThanOrEqual(9);
  expect([most, twice]).toEqual([2, false]);
});

test("a finalizer is added first, holds a deleted object until its work is done, and is removed then", async () => {
  const finalizer = "animal.skai.io/cat";
  await cluster.cats.create(newCat("one", {}, { finalizers: ["animal.skai.io/other"] }));
  const steps: string[] = [];
  let attempts = 0;
  await run({
    async reconcile({ object }) {
      steps.push(`reconciled with ${object.metadata.finalizers?.join(" ")}`);
    },
    finalizing: {
      finalizer,
      async finalize({ name }) {
        attempts += 1;
        if (attempts === 1) throw new Error("not yet");
        if (attempts === 2) return { requeueAfterMs: 5 };
        steps.push(`finalized ${name}`);
        return undefined;
      },
    },
  });
  await expect.poll(() => steps[0], patience).toBe("reconciled with animal.skai.io/other animal.skai.io/cat");
  await cluster.cats.delete(one);
  const finalizers = async (): Promise<unknown> => (await cluster.cats.get(one))?.metadata.finalizers;
  await expect.poll(finalizers, patience).toEqual(["animal.skai.io/other"]);
  expect(attempts).toBe(3);
  await cluster.cats.patch(one, { metadata: { finalizers: null } });
  await expect.poll(() => cluster.cats.get(one), patience).toBeUndefined();
  expect(steps.filter((step) => step.startsWith("finalized"))).toEqual(["finalized one"]);
});

test("an object that has gone is told of where that is asked for", async () => {
  await cluster.cats.create(newCat("one"));
  const gone: string[] = [];
  await run({
    reconcile: observe,
    async gone({ name, namespace, known }) {
      gone.push(`${namespace}/${name} of ${known<Cat>(cats).list().length}`);
    },
  });
  await expect.poll(() => observedGeneration(), patience).toBe(1);
  await cluster.cats.delete(one);
  await expect.poll(() => gone, patience).toEqual(["default/one of 0"]);
});

test("what an object owns leads to it when it changes or goes", async () => {
  await cluster.cats.create(newCat("mother"));
  await run({
    owns: [cats],
    when: ({ metadata: { name } }) => name === "mother",
    async reconcile({ object, own, known }) {
      const kittens = known<Cat>(cats).ownedBy(object.metadata.uid);
      if (kittens.length > 0) return;
      const kitten = newCat("kitten", {}, { ownerReferences: [controllerReference(object)] });
      await own.apply({ kind: "Cat", metadata: kitten.metadata, spec: { name: "kitten" } });
    },
  });
  const place = { name: "kitten", namespace: "default" };
  await expect.poll(async () => (await cluster.cats.get(place)) !== undefined, patience).toBe(true);
  const first = await cluster.cats.get(place);
  expect(first?.metadata.managedFields?.map(({ manager: by, operation }) => `${by} ${operation}`)).toEqual([
    "cat Apply",
  ]);
  await cluster.cats.delete(place, { uid: first?.metadata.uid });
  await expect.poll(async () => (await cluster.cats.get(place))?.metadata.uid, patience).not.toBe(first?.metadata.uid);
});

test("others that are watched lead to the objects that they are mapped to", async () => {
  await cluster.cats.create(newCat("one"));
  let attempts = 0;
  await run({
    when: ({ metadata: { namespace } }) => namespace === "default",
    watches: [
      watching<Cat>({
        resource: cats,
        selection: { namespace: "barn" },
        reconciles: ({ spec: { name } }) => [{ name, namespace: "default" }],
      }),
    ],
    async reconcile() {
      attempts += 1;
    },
  });
  await expect.poll(() => attempts, patience).toBe(1);
  await cluster.cats.create(newCat("other", { name: "one" }, { namespace: "barn" }));
  await expect.poll(() => attempts, patience).toBe(2);
});

describe("the end", () => {
  test("what is under way is finished, and nothing else begun", async () => {
    for (const name of ["one", "two"]) await cluster.cats.create(newCat(name));
    let finish: () => void = () => undefined;
    const begun: string[] = [];
    const running = await run({
      async reconcile(reconciliation) {
        begun.push(reconciliation.name);
        await new Promise<void>((resolve) => (finish = resolve));
        await observe(reconciliation);
      },
    });
    await expect.poll(() => begun, patience).toHaveLength(1);
    running.stop();
    await sleep(50);
    finish();
    expect(await running.ended).toBe(0);
    expect(begun).toHaveLength(1);
    expect(await observedGeneration(begun[0])).toBe(1);
  });

  test("what does not finish in time is broken off, and the exit code says so", async () => {
    await cluster.cats.create(newCat("one"));
    let begun = false;
    const running = await run(
      {
        async reconcile({ signal }) {
          begun = true;
          await sleep(60_000, undefined, { signal });
        },
      },
      { gracefulStopMs: 30 },
    );
    await expect.poll(() => begun, patience).toBe(true);
    running.stop();
    expect(await running.ended).toBe(1);
    expect(lines.join("")).toMatch(/reconciliations did not end in time.*[\s\S]*broken off/);
  });

  test("a manager that never reached the cluster stops at once", async () => {
    await cluster.proxy.close();
    const running = await run({ reconcile: observe });
    await expect.poll(() => lines.join(""), patience).toContain("cannot list cats");
    running.stop();
    expect(await running.ended).toBe(0);
    cluster = await startCatCluster();
  });
});

describe("what it tells of itself", () => {
  async function get(port: number | undefined, path: string): Promise<{ status: number; text: string }> {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, text: await answer.text() };
  }

  test("metrics have the names and labels of controller-runtime's", async () => {
    await cluster.cats.create(newCat("one"));
    let attempts = 0;
    const { metricsPort } = await run(
      {
        workers: 3,
        async reconcile(reconciliation) {
          attempts += 1;
          if (attempts === 1) throw new Error("not yet");
          await observe(reconciliation);
        },
      },
      { metricsAddress: "127.0.0.1:0" },
    );
    const metrics = async (): Promise<string> => (await get(metricsPort, "/metrics")).text;
    await expect
      .poll(metrics, patience)
      .toMatch(/controller_runtime_reconcile_total\{controller="cat",result="success"\} [1-9]/);
    const text = await metrics();
    for (const line of [
      'controller_runtime_reconcile_total{controller="cat",result="error"} 1',
      'controller_runtime_reconcile_total{controller="cat",result="requeue_after"} 0',
      'controller_runtime_reconcile_errors_total{controller="cat"} 1',
      'controller_runtime_terminal_reconcile_errors_total{controller="cat"} 0',
      'controller_runtime_max_concurrent_reconciles{controller="cat"} 3',
      'workqueue_retries_total{name="cat",controller="cat"} 1',
      'workqueue_unfinished_work_seconds{name="cat",controller="cat"} 0',
      'workqueue_longest_running_processor_seconds{name="cat",controller="cat"} 0',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/^controller_runtime_active_workers\{controller="cat"\} 0$/m);
    expect(text).toMatch(/^workqueue_depth\{name="cat",controller="cat"\} 0$/m);
    expect(text).toMatch(/^workqueue_adds_total\{name="cat",controller="cat"\} [2-9]$/m);
    expect(text).toMatch(/^workqueue_queue_duration_seconds_count\{name="cat",controller="cat"\} [2-9]$/m);
    expect(text).toMatch(/^workqueue_work_duration_seconds_count\{name="cat",controller="cat"\} [2-9]$/m);
    expect(text).toMatch(/^controller_runtime_reconcile_time_seconds_bucket\{le="0.005",controller="cat"\} /m);
    expect(text).toMatch(/^rest_client_requests_total\{code="200",method="GET",host="127\.0\.0\.1:\d+"\} [2-9]$/m);
    expect(text).toMatch(/^process_cpu_seconds_total /m);
  });

  test("it is ready once all that it watches is listed", async () => {
    const { healthPort } = await run({ reconcile: observe }, { healthAddress: "127.0.0.1:0" });
    await expect.poll(() => get(healthPort, "/readyz"), patience).toEqual({ status: 200, text: "ok\n" });
    expect(await get(healthPort, "/healthz")).toEqual({ status: 200, text: "ok\n" });
    expect((await get(healthPort, "/metrics")).status).toBe(404);
    await cluster.proxy.close();
    await expect.poll(() => get(healthPort, "/readyz"), patience).toMatchObject({ status: 503 });
    expect((await get(healthPort, "/readyz")).text).toContain("cannot watch cats");
    expect((await get(healthPort, "/healthz")).status).toBe(200);
  });

  test("an address that is taken is an error", async () => {
    const { metricsPort } = await run({ reconcile: observe }, { metricsAddress: "127.0.0.1:0" });
    const other = {
      controllers: [],
      kubeConfig: cluster.kubeConfig,
      log: logTo({ write: () => undefined }),
    };
    await expect(startManager({ ...other, healthAddress: `127.0.0.1:${metricsPort}` })).rejects.toThrow("EADDRINUSE");
  });

  test("two controllers of one name are an error", async () => {
    const controller = defineController<Cat>({ name: "cat", for: cats, reconcile: observe });
    const log = logTo({ write: () => undefined });
    const options = { controllers: [controller, controller], kubeConfig: cluster.kubeConfig, log };
    await expect(startManager(options)).rejects.toThrow("two controllers have the name cat");
  });
});
