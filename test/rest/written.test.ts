import fc from "fast-check";
import { expect, test } from "vitest";
import { scheme as cats } from "../../generated/index.ts";
import type { WriteOptions } from "../../runtime/meta/options.ts";
import { StatusError } from "../../runtime/meta/status-error.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { objectView } from "../../runtime/registry/object-view.ts";
import { resourceTargets } from "../../runtime/resource-targets.ts";
import { createObject } from "../../runtime/rest/create.ts";
import { patchObject } from "../../runtime/rest/patch.ts";
import type { ResourceTarget } from "../../runtime/rest/target.ts";
import { updateObject } from "../../runtime/rest/update.ts";
import { encodedJson } from "../../runtime/scheme/encoded.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { scheme as wardle } from "../wardle/generated/index.ts";
import { body, bytesOf, request } from "./requests.ts";

/** What a write answers is not decoded from what was stored where that can be told to be the same: so it has to be. */

const options: WriteOptions = { dryRun: false, fieldManager: "writer", fieldValidation: "Ignore" };

interface Kind {
  readonly plural: string;
  readonly apiVersion: string;
  readonly kind: string;
}

const cat: Kind = { plural: "cats", apiVersion: "animal.skai.io/v1alpha1", kind: "Cat" };
const flunder: Kind = { plural: "flunders", apiVersion: "wardle.example.com/v1alpha1", kind: "Flunder" };
const older: Kind = { plural: "flunders", apiVersion: "wardle.example.com/v1beta1", kind: "Flunder" };

interface Served {
  readonly storage: Storage;
  readonly target: (subresource: string) => ResourceTarget;
}

function served(kind: Kind): Served {
  const storage = memoryStorage();
  const { scheme } = kind === cat ? { scheme: cats } : { scheme: wardle };
  const targets = resourceTargets({ scheme, storage });
  const target = (subresource: string): ResourceTarget => {
    const found = targets.find(
      ({ descriptor: { names, gvk }, subresource: own }) =>
        names.plural === kind.plural && `${gvk.group}/${gvk.version}` === kind.apiVersion && own === subresource,
    );
    if (found === undefined) throw new Error("no such target");
    return found;
  };
  return { storage, target };
}

/** Compares what a write gave with what somebody reads who knows nothing but the bytes. */
async function compare({ storage, target }: Served, kind: Kind, answer: KubeObject): Promise<void> {
  const { scheme, descriptor } = target("");
  const { group } = descriptor.gvk;
  const entry = await storage.get(`/registry/${group}/${kind.plural}/ns/o`);
  if (entry === undefined) throw new Error("nothing stored");
  const fresh = objectView(scheme, descriptor).read({ ...entry });
  expect(answer).toStrictEqual(fresh);
  expect(JSON.stringify(answer)).toBe(JSON.stringify(fresh));
  expect(Buffer.from(encodedJson(answer)).toString()).toBe(`${JSON.stringify(fresh)}\n`);
  expect(isFrozen(answer)).toBe(true);
}

function isFrozen(value: unknown): boolean {
  return (
    typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  );
}

type Step = {
  readonly verb: "put" | "merge" | "apply" | "json";
  readonly subresource: string;
  readonly content: object;
};

async function write(kind: Kind, at: Served, { verb, subresource, content }: Step): Promise<KubeObject> {
  const target = at.target(subresource);
  const { apiVersion, kind: name } = kind;
  const { metadata = {}, ...rest } = content as { metadata?: object };
  const whole = { apiVersion, kind: name, ...rest, metadata: { ...metadata, name: "o" } };
  switch (verb) {
    case "put": {
      const old = await at.storage.get(`/registry/${target.descriptor.gvk.group}/${kind.plural}/ns/o`);
      const sent = { ...whole, metadata: { ...whole.metadata, resourceVersion: String(old?.revision) } };
      return (await updateObject(target, request(), "o", body(sent), options)).object;
    }
    case "json": {
      const bytes = bytesOf([{ op: "add", path: "/spec", value: (content as { spec?: object }).spec ?? {} }]);
      return (await patchObject(target, request(), "o", { type: "json", bytes }, { ...options, force: undefined }))
        .object;
    }
    case "merge":
    case "apply": {
      const patch = { type: verb, bytes: bytesOf(verb === "apply" ? whole : content) };
      const force = verb === "apply" ? true : undefined;
      return (await patchObject(target, request(), "o", patch, { ...options, force })).object;
    }
  }
}

const text = fc.oneof(
  fc.constantFrom("", "a", "__proto__", "toJSON", "é", "\ud800", '"uid":"x"', "<&>", "Flunder", "Fischer", "Indoor"),
  fc.string({ maxLength: 5 }),
);
const number = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(0, -0, 1, 7) }, fc.constantFrom(1.5, -1, 1e3));
const loose = fc.oneof(text, number, fc.constant(null), fc.boolean(), fc.constant({}), fc.constant([]));
const record = (values: { [name: string]: fc.Arbitrary<unknown> }): fc.Arbitrary<object> =>
  fc.record(values, { requiredKeys: [] });
const metadata = record({
  labels: fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("", "x")),
  annotations: fc.dictionary(fc.constantFrom("a", "b", "__proto__"), text),
  finalizers: fc.constantFrom([], ["example.dev/f"]),
  ownerReferences: fc.constantFrom([], [{ apiVersion: "v1", kind: "A", name: "a", uid: "u" }]),
  generation: fc.constantFrom(0, 5),
  selfLink: fc.constant("x"),
});
const condition = fc.record({
  type: fc.constantFrom("Fed", "Asleep"),
  status: fc.constantFrom("True", "False"),
  lastTransitionTime: fc.constantFrom("2026-01-02T15:04:05Z", "2026-01-02T17:04:05+02:00"),
  reason: fc.constant("R"),
  message: text,
});
const content: fc.Arbitrary<object> = record({
  metadata,
  unknown: loose,
  spec: record({
    name: fc.oneof({ weight: 5, arbitrary: fc.constant("Tom") }, text),
    lives: number,
    mode: fc.constantFrom("Indoor", "Outdoor", null),
    weight: fc.constantFrom("1", "1500m", "1.5", "0.5"),
    nicknames: fc.uniqueArray(text, { maxLength: 3 }),
    toys: fc.uniqueArray(fc.record({ name: fc.constantFrom("ball", "mouse"), squeaks: number }), {
      maxLength: 2,
      selector: ({ name }) => name,
    }),
    quirks: fc.dictionary(text, text, { maxKeys: 3 }),
    reference: text,
    flunderReference: text,
    referenceType: fc.constantFrom("Flunder", "Fischer", ""),
    unknown: loose,
  }),
  status: record({
    conditions: fc.uniqueArray(condition, { maxLength: 2, selector: ({ type }) => type }),
    observedGeneration: number,
  }),
});
const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom("put", "merge", "apply", "json"),
  subresource: fc.constantFrom("", "", "status"),
  content,
});

test.each([cat, flunder, older])("what writes of $plural in $apiVersion answer is what reads give", async (kind) => {
  let writes = 0;
  const property = fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
    const at = served(kind);
    const { apiVersion, kind: name } = kind;
    const first = { apiVersion, kind: name, metadata: { name: "o" }, spec: { name: "Tom" } };
    await compare(at, kind, await createObject(at.target(""), request(), body(first), options));
    for (const next of steps) {
      if (next.subresource !== "" && kind !== cat) continue;
      try {
        await compare(at, kind, await write(kind, at, next));
        writes++;
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
      }
    }
  });
  await fc.assert(property, { numRuns: 120, seed: 1 });
  expect(writes).toBeGreaterThan(20);
});
