import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseLabelSelector } from "../../runtime/meta/label-selector.ts";
import { matchesLabels } from "../../runtime/meta/label-selector.ts";
import { StatusError } from "../../runtime/meta/status-error.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { change, create, fixture, watching, type Fixture, type Watching } from "./fixture.ts";
import { allow, deleteOptions, listOptions, request } from "./request.ts";
import { newWidget } from "./widget.ts";

type Step = { readonly verb: "create" | "update" | "finish" | "delete"; readonly name: string; readonly size: number };

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom("create", "update", "finish", "delete"),
  name: fc.constantFrom("a", "b", "c"),
  size: fc.integer({ min: 0, max: 3 }),
});

async function run({ store }: Fixture, { verb, name, size }: Step): Promise<void> {
  const labels = { odd: String(size % 2) };
  switch (verb) {
    case "create":
      await create(
        store,
        newWidget({ name, labels, ...(size === 3 ? { finalizers: ["example.dev/x"] } : {}) }, { size }),
      );
      break;
    case "update":
      await change(store, name, (widget) => {
        widget.spec.size = size;
        widget.metadata.labels = labels;
      });
      break;
    case "finish":
      await change(store, name, ({ metadata }) => (metadata.finalizers = []));
      break;
    case "delete":
      await store.delete(request(), name, allow, deleteOptions());
  }
}

// Clients that come too late are refused; whoever works on what is not there as well.
async function tryRun(widgets: Fixture, todo: Step): Promise<void> {
  try {
    await run(widgets, todo);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    expect([404, 409]).toContain(error.status.code);
  }
}

/** What a client that follows a watch believes there is; throws where an event makes no sense. */
function replay({ events }: Watching): Map<string, KubeObject> {
  const state = new Map<string, KubeObject>();
  let last = 0;
  for (const event of events) {
    if (event.type === "ERROR") throw new Error(event.object.message);
    const { name = "", resourceVersion } = event.object.metadata;
    expect(Number(resourceVersion)).toBeGreaterThan(last);
    last = Number(resourceVersion);
    expect(`${event.type} ${state.has(name)}`).toBe(event.type === "ADDED" ? "ADDED false" : `${event.type} true`);
    if (event.type === "DELETED") state.delete(name);
    else state.set(name, event.object);
  }
  return state;
}

test("whatever clients do at once, a watch tells the same story as the final list", async () => {
  const odd = parseLabelSelector("odd=1");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { maxLength: 12 }), { minLength: 1, maxLength: 5 }), async (clients) => {
      const widgets = fixture();
      const all = watching(widgets.store, { resourceVersion: "1" });
      const some = watching(widgets.store, { resourceVersion: "1", labels: odd });
      await Promise.all(
        clients.map(async (steps) => {
          for (const todo of steps) await tryRun(widgets, todo);
        }),
      );
      // The last write is one that both watches see.
      await create(widgets.store, newWidget({ name: "end", labels: { odd: "1" } }));
      const late = watching(widgets.store, { resourceVersion: "1" });
      for (const watch of [all, some, late]) {
        while (watch.seen.at(-1) !== "ADDED end") await watch.count(watch.events.length + 1);
        watch.stop();
      }
      const { items } = await widgets.store.list(request(), listOptions());
      expect([...replay(all).values()].sort(byName)).toEqual(items);
      expect([...replay(late).values()].sort(byName)).toEqual(items);
      const selected = items.filter(({ metadata }) => matchesLabels(odd, metadata.labels));
      expect([...replay(some).values()].sort(byName)).toEqual(selected);
    }),
    { numRuns: 60 },
  );
});

function byName(a: KubeObject, b: KubeObject): number {
  return (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
}
