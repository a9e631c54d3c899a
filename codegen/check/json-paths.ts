import type { GroupVersion, Kind, Type, WellKnown } from "../model/model.ts";
import { didYouMean } from "../nearest.ts";
import { kindPlace, typeNamed, type Checking } from "./checking.ts";
import { readPath } from "./json-path.ts";

/** Columns, field selectors and the scale subresource name fields that are there. */
export function checkJsonPaths(checking: Checking): void {
  for (const groupVersion of checking.model.groupVersions) {
    for (const kind of groupVersion.kinds) checkKind(checking, groupVersion, kind);
  }
}

function checkKind(checking: Checking, groupVersion: GroupVersion, kind: Kind): void {
  const check = (path: string, tag: string, index: number, wish?: Wish): void => {
    const wrong = wrongPath(groupVersion, kind, path, wish);
    if (wrong !== undefined)
      checking.report("jsonPath", kindPlace(checking, groupVersion, kind.name, tag, index), wrong);
  };
  for (const [index, { jsonPath }] of kind.columns.entries()) check(jsonPath, "kubebuilder:printcolumn", index);
  for (const [index, path] of kind.selectableFields.entries()) {
    check(`.${path}`, "kubebuilder:selectablefield", index, {
      kinds: ["string", "integer", "boolean"],
      what: "a field selector",
    });
  }
  if (kind.scale === undefined) return;
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = kind.scale;
  const number: Wish = { kinds: ["integer"], what: "a number of replicas" };
  check(specReplicasPath, "kubebuilder:subresource:scale", 0, { ...number, below: ".spec." });
  check(statusReplicasPath, "kubebuilder:subresource:scale", 0, { ...number, below: ".status." });
  if (labelSelectorPath === undefined) return;
  check(labelSelectorPath, "kubebuilder:subresource:scale", 0, { kinds: ["string"], what: "a label selector" });
}

/** What a path has to reach. */
interface Wish {
  readonly kinds: readonly Type["kind"][];
  readonly what: string;
  readonly below?: string;
}

function wrongPath(groupVersion: GroupVersion, kind: Kind, path: string, wish: Wish | undefined): string | undefined {
  const steps = readPath(path);
  if (steps === undefined) return `${path || "the empty path"} is no JSONPath: write it as in .spec.replicas`;
  if (wish?.below !== undefined && !path.startsWith(wish.below)) return `${path} has to begin with ${wish.below}`;
  let type: Type = { kind: "ref", name: kind.name };
  let walked = "";
  for (const step of steps) {
    const next: Type | string = stepInto(groupVersion, type, step, walked === "");
    if (typeof next === "string") return `${path} reaches no field: ${walked || kind.name} ${next}`;
    type = next;
    walked += step.kind === "name" ? `.${step.name}` : "[]";
  }
  if (wish === undefined || wish.kinds.includes(type.kind)) return undefined;
  return `${path} cannot be ${wish.what}: it needs ${wish.kinds.join(", ")}, not ${type.kind}`;
}

type Step = NonNullable<ReturnType<typeof readPath>>[number];

function stepInto(groupVersion: GroupVersion, type: Type, step: Step, isRoot: boolean): Type | string {
  if (step.kind === "items") return itemsOf(type);
  const root = isRoot ? rootFields[step.name] : undefined;
  if (root !== undefined) return root;
  switch (type.kind) {
    case "map":
      return type.values;
    case "ref": {
      const fields = typeNamed(groupVersion, type.name)?.fields ?? [];
      const names = fields.map(({ name }) => name);
      return fields.find(({ name }) => name === step.name)?.type ?? noField(step.name, names);
    }
    case "wellKnown":
      return stepIntoWellKnown(type.name, step.name);
    case "array":
      return `is a list: write [*], or [?(@.type=="Ready")], before .${step.name}`;
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return `has no field ${step.name}`;
  }
}

function itemsOf(type: Type): Type | string {
  if (type.kind === "array") return type.items;
  return type.kind === "map" ? type.values : "is no list";
}

function stepIntoWellKnown(type: WellKnown, name: string): Type | string {
  if (type === "IntOrString") return `has no field ${name}`;
  if (type !== "ObjectMeta") return { kind: "wellKnown", name: "Json" };
  return metadataFields[name] ?? noField(name, Object.keys(metadataFields));
}

function noField(name: string, names: readonly string[]): string {
  return `has no field ${name}${didYouMean(name, names)}`;
}

const text: Type = { kind: "string" };
const time: Type = { kind: "string", format: "date-time" };
const number: Type = { kind: "integer", format: "int64" };
const texts: Type = { kind: "map", values: text, atomic: false };
const objects: Type = { kind: "array", items: { kind: "wellKnown", name: "Json" }, list: { kind: "atomic" } };

/** The fields of a kind that its type in the model leaves out. */
const rootFields: { readonly [name: string]: Type } = {
  apiVersion: text,
  kind: text,
  metadata: { kind: "wellKnown", name: "ObjectMeta" },
};

const metadataFields: { readonly [name: string]: Type } = {
  name: text,
  generateName: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  generation: number,
  creationTimestamp: time,
  deletionTimestamp: time,
  deletionGracePeriodSeconds: number,
  labels: texts,
  annotations: texts,
  ownerReferences: objects,
  finalizers: { kind: "array", items: text, list: { kind: "set" } },
  managedFields: objects,
};
