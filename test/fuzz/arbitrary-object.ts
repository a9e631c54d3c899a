import fc, { type Arbitrary } from "fast-check";
import { hostileJson, hostileKey, objectText, type FieldText } from "./hostile-json.ts";

/** A resource of the fuzzed server. */
export interface FuzzedResource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** What objects have beside their type and metadata. */
  readonly content: Arbitrary<readonly FieldText[]>;
  /** What a valid one has. */
  readonly example: object;
}

/** Few names, so that requests meet objects that are there. */
export const objectNames = ["a", "b", "c"] as const;

const json = (...values: readonly unknown[]): Arbitrary<string> =>
  fc.constantFrom(...values.map((value) => JSON.stringify(value)));

/** A field that mostly has one of the values that fit, and seldom is left out, or has one that is wrong or hostile. */
function field(key: string, fitting: Arbitrary<string>, ...wrong: readonly unknown[]): Arbitrary<readonly FieldText[]> {
  const wrongs = wrong.length === 0 ? [] : [json(...wrong)];
  const one = (texts: Arbitrary<string>): Arbitrary<FieldText[]> => texts.map((text): FieldText[] => [[key, text]]);
  return fc.oneof(
    { weight: 40, arbitrary: one(fitting) },
    { weight: 5, arbitrary: fc.constant<FieldText[]>([]) },
    ...wrongs.map((arbitrary) => one(arbitrary)),
    one(hostileJson),
  );
}

/** An object of these fields, seldom with one more that is hostile, or with one that stands twice. */
function fieldsOf(...fields: readonly Arbitrary<readonly FieldText[]>[]): Arbitrary<readonly FieldText[]> {
  const extra = fc.oneof(
    { weight: 40, arbitrary: fc.constant<FieldText[]>([]) },
    fc.tuple(hostileKey, hostileJson).map((one): FieldText[] => [one]),
  );
  return fc.tuple(fc.tuple(...fields), extra).map(([present, odd]) => [...present.flat(), ...odd]);
}

const objectOf = (...fields: readonly Arbitrary<readonly FieldText[]>[]): Arbitrary<string> =>
  fieldsOf(...fields).map(objectText);

const listOf = (items: Arbitrary<string>): Arbitrary<string> =>
  fc.array(items, { maxLength: 2 }).map((all) => `[${all.join(",")}]`);

const toy = objectOf(
  field("name", json("ball", "mouse", "string"), "Bad Name"),
  field("squeaks", json(1, 100), 101, -1),
);

const condition = objectOf(
  field("type", json("Fed", "Asleep"), "bad type"),
  field("status", json("True", "False", "Unknown"), "Maybe"),
  field("reason", json("Dinner"), ""),
  field("message", json("", "x")),
  field("lastTransitionTime", json("2026-01-02T03:04:05Z"), "yesterday", null),
);

const catContent = fieldsOf(
  field(
    "spec",
    objectOf(
      field("name", json("lucky", "tom"), "", "x".repeat(65)),
      field("breed", json("tabby", "tabby", "tabby", "manx")),
      field("mode", json("Indoor", "Outdoor"), "Orbital"),
      field("lives", json(9, 0), 10, -1, 1.5),
      field("weight", json("4500m", "4.5", 4), "heavy", "1e100000", "0x1"),
      field("toys", listOf(toy)),
      field("nicknames", json([], ["lu"], ["lu", "lucy"]), ["lu", "lu"], ["lu", null], [1]),
      field("quirks", json({}, { a: "b" }, { ["__proto__"]: "x", constructor: "y" }), { a: null }, { a: 1 }),
    ),
  ),
  field("status", objectOf(field("conditions", listOf(condition)), field("observedGeneration", json(1), -1, 2 ** 31))),
);

const wardle = "wardle.example.com";
const alphaContent = fieldsOf(
  field("spec", objectOf(field("reference", json("a"), ""), field("referenceType", json("Flunder", "Fischer"), "x"))),
  field("status", json({})),
);
const betaContent = fieldsOf(
  field(
    "spec",
    fc.oneof(
      objectOf(field("flunderReference", json("a"), ""), field("referenceType", json("Flunder"), "Fischer")),
      objectOf(field("fischerReference", json("b"), ""), field("referenceType", json("Fischer"), "Flunder")),
    ),
  ),
  field("status", json({})),
);
const fischerContent = fieldsOf(field("disallowedFlunders", json([], ["a"], ["a", "a"]), [null], "a"));

const pens = listOf(objectOf(field("name", json("big", "small"), "Bad Name"), field("places", json(1, 10), 0, "1")));
const herdContent = fieldsOf(
  field(
    "spec",
    objectOf(
      field("animals", json(0, 1, 7), -1, 1.5, 2 ** 31),
      field("breed", json("boer", "angora"), " boer ", 1),
      field("temper", json("Calm", "Wild"), "Mad"),
      field("pasture", objectOf(field("name", json("hill"), ""), field("fenced", json(true, false), "yes"))),
      field("pens", pens),
      field("keepers", json([], ["ann"], ["ann", "bob"]), ["ann", "ann"], [null]),
      field("route", json([], ["a", "a"]), {}),
      field("feed", json({}, { dawn: "oats" }, { ["__proto__"]: "x" }), { dawn: {} }),
    ),
  ),
  field("status", objectOf(field("animals", json(1), -1), field("selector", json("a=b", ""), 1))),
);
const oldHerdContent = fieldsOf(
  field(
    "spec",
    objectOf(
      field("size", json(0, 1, 7), -1, "1"),
      field("breed", json("boer", "angora"), null),
      field("pastureName", json("hill"), ""),
      field("pastureFenced", json(true), 0),
      field("stalls", listOf(objectOf(field("stall", json("big", "small"), "", 1), field("capacity", json(1), 0)))),
    ),
  ),
);

/** What the scale subresource reads and writes. */
export const scaleText: Arbitrary<string> = objectOf(
  field("apiVersion", json("autoscaling/v1"), "autoscaling/v2", ""),
  field("kind", json("Scale"), "Herd"),
  field("metadata", objectOf(field("name", json(...objectNames)), field("resourceVersion", json("", "0"), "x"))),
  field("spec", objectOf(field("replicas", json(0, 1, 3), -1, 1e10, "1", null))),
);

const farm = "farm.example.dev";

/** All resources of the fuzzed server, in all their versions. */
export const resources: readonly [FuzzedResource, ...FuzzedResource[]] = [
  {
    apiVersion: "animal.skai.io/v1alpha1",
    kind: "Cat",
    plural: "cats",
    namespaced: true,
    content: catContent,
    example: { spec: { name: "tom", toys: [{ name: "ball" }], nicknames: ["lu"], quirks: { a: "b" } } },
  },
  {
    apiVersion: `${wardle}/v1alpha1`,
    kind: "Flunder",
    plural: "flunders",
    namespaced: true,
    content: alphaContent,
    example: { spec: { reference: "a" } },
  },
  {
    apiVersion: `${wardle}/v1beta1`,
    kind: "Flunder",
    plural: "flunders",
    namespaced: true,
    content: betaContent,
    example: { spec: { fischerReference: "a", referenceType: "Fischer" } },
  },
  {
    apiVersion: `${farm}/v1`,
    kind: "Herd",
    plural: "herds",
    namespaced: true,
    content: herdContent,
    example: { spec: { breed: "boer", pens: [{ name: "big" }], keepers: ["ann"], temper: "Calm" } },
  },
  {
    apiVersion: `${farm}/v1beta1`,
    kind: "Herd",
    plural: "herds",
    namespaced: true,
    content: oldHerdContent,
    example: { spec: { breed: "boer", stalls: [{ stall: "big" }], pastureName: "hill" } },
  },
  {
    apiVersion: `${wardle}/v1alpha1`,
    kind: "Fischer",
    plural: "fischers",
    namespaced: false,
    content: fischerContent,
    example: { disallowedFlunders: ["z"] },
  },
];

const uid = "1b4f2d1e-0000-4000-8000-000000000000";
const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid };
const managed = {
  manager: "m",
  operation: "Apply",
  apiVersion: "animal.skai.io/v1alpha1",
  time: "2026-01-02T03:04:05Z",
  fieldsType: "FieldsV1",
  fieldsV1: { "f:spec": { "f:toys": { 'k:{"name":"ball"}': {}, ".": {} }, "f:nicknames": { 'v:"lu"': {} } } },
};

function metadataText(name: string, namespaced: boolean): Arbitrary<string> {
  const usual = fieldsOf(
    field("name", json(name), "..", "a/b", "a%b", "x".repeat(300), "z"),
    ...(namespaced ? [field("namespace", json("ns"), "other", "")] : []),
    field("labels", json({}, { app: "x" }, { ["__proto__"]: "x", constructor: "y" }), { app: "a b" }, { "a/b/c": "" }),
    field("annotations", json({}, { a: "b" }), { "kubectl.kubernetes.io/last-applied-configuration": '{"spec":[' }),
  );
  // What mostly has to be absent for anything else to be looked at.
  const seldom = fc.constantFrom<FieldText>(
    ["generateName", '"g-"'],
    ["generateName", JSON.stringify("x".repeat(300))],
    ["finalizers", '["example.com/f"]'],
    ["finalizers", '["orphan"]'],
    ["finalizers", '["foregroundDeletion","orphan"]'],
    ["finalizers", '["bad"]'],
    ["ownerReferences", JSON.stringify([owner])],
    ["ownerReferences", JSON.stringify([owner, owner])],
    ["ownerReferences", JSON.stringify([{ ...owner, controller: "yes" }])],
    ["ownerReferences", "[{}]"],
    ["managedFields", JSON.stringify([managed])],
    ["managedFields", JSON.stringify([{ ...managed, fieldsV1: { "k:{": {} } }])],
    ["managedFields", "[{}]"],
    ["managedFields", "[null]"],
    ["deletionTimestamp", '"2026-01-02T03:04:05Z"'],
    ["deletionGracePeriodSeconds", "-1"],
    ["generation", "-1"],
    ["selfLink", '"/x"'],
    ["resourceVersion", '"0"'],
    ["resourceVersion", '"7"'],
    ["resourceVersion", '"-1"'],
    ["resourceVersion", '"99999999999999999999"'],
    ["uid", JSON.stringify(uid)],
    ["uid", '""'],
  );
  const some = fc.oneof(
    { weight: 4, arbitrary: fc.constant<FieldText[]>([]) },
    fc.array(seldom, { minLength: 1, maxLength: 2 }),
  );
  return fc.tuple(usual, some).map((all) => objectText(all.flat()));
}

/** The text of an object of a resource, mostly of that name: often valid, or nearly. */
export function arbitraryObject(
  { apiVersion, kind, content, namespaced }: FuzzedResource,
  name: string,
): Arbitrary<string> {
  const type = fieldsOf(
    field("apiVersion", json(apiVersion), "v1", "", "/", "a/b/c", "x/v1", `${wardle}/v1alpha1`),
    field("kind", json(kind), "", "Pod", `${kind}List`),
    field("metadata", metadataText(name, namespaced)),
  );
  return fc.tuple(type, content).map((all) => objectText(all.flat()));
}

const directive = fc.constantFrom<FieldText>(
  ["$patch", '"delete"'],
  ["$patch", '"replace"'],
  ["$patch", '"merge"'],
  ["$patch", '"bogus"'],
  ["$patch", "1"],
  ["$retainKeys", '["spec"]'],
  ["$retainKeys", "{}"],
  ["$deleteFromPrimitiveList/finalizers", '["example.com/f"]'],
  ["$deleteFromPrimitiveList/finalizers", "1"],
  ["$setElementOrder/toys", '[{"name":"mouse"},{"name":"ball"}]'],
  ["$setElementOrder/toys", "[null]"],
  ["$setElementOrder/finalizers", '["b","a"]'],
  ["$setElementOrder/", "[]"],
);

/** The text of a part of an object, as merge patches have it, seldom with a directive of strategic merge. */
export function arbitraryPart({ content, namespaced }: FuzzedResource, name: string): Arbitrary<string> {
  const directives = fc.oneof({ weight: 4, arbitrary: fc.constant<FieldText[]>([]) }, fc.tuple(directive));
  return fc
    .tuple(field("metadata", metadataText(name, namespaced)), content, directives)
    .map((all) => objectText(all.flat()));
}
