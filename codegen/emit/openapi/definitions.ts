import type { GroupVersion, Kind, ObjectType } from "../../model/model.ts";
import { fieldSchema } from "./field-schema.ts";
import metaDefinitions from "./meta-definitions.json" with { type: "json" };
import { definitionName, metaPackage } from "./names.ts";
import { refTo, referredBy, type Definitions, type Schema } from "./schema.ts";

const metas: Definitions = metaDefinitions;

/** The definitions of a group version: those of its kinds and lists, and all that these and the routes refer to. */
export function definitionsOf(groupVersion: GroupVersion): Definitions {
  const own: Definitions = Object.fromEntries([
    ...groupVersion.types.map((type) => [definitionName(groupVersion, type.name), objectSchema(groupVersion, type)]),
    ...groupVersion.kinds.map((kind) => [listName(groupVersion, kind), listSchema(groupVersion, kind)]),
  ]);
  const roots = [
    ...groupVersion.kinds.flatMap((kind) => [definitionName(groupVersion, kind.name), listName(groupVersion, kind)]),
    ...routeDefinitions,
    ...(groupVersion.kinds.some(({ scale }) => scale !== undefined) ? ["io.k8s.api.autoscaling.v1.Scale"] : []),
  ];
  return reachable(roots, { ...own, ...metas });
}

// What the answers and bodies of every group version's routes are made of, beside its own kinds.
const routeDefinitions = ["APIResourceList", "DeleteOptions", "Patch", "Status", "WatchEvent"].map(
  (name) => `${metaPackage}.${name}`,
);

function reachable(roots: readonly string[], all: Definitions): Definitions {
  const found = new Map<string, Schema>();
  const visit = (name: string): void => {
    const schema = all[name];
    if (schema === undefined || found.has(name)) return;
    found.set(name, schema);
    for (const next of referredBy(schema)) visit(next);
  };
  for (const root of roots) visit(root);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function objectSchema(groupVersion: GroupVersion, type: ObjectType): Schema {
  const kind = groupVersion.kinds.find(({ name }) => name === type.name);
  const own = type.fields.map((field) => [field.name, fieldSchema(groupVersion, field)] as const);
  const properties = inOrder([...own, ...(kind === undefined ? [] : kindProperties)]);
  const required = type.fields.flatMap((field) =>
    field.presence === "required" || field.presence === "emptyAllowed" ? [field.name] : [],
  );
  return {
    ...describedBy(type.doc),
    type: "object",
    ...(required.length === 0 ? {} : { required }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(type.atomic ? { "x-kubernetes-map-type": "atomic" } : {}),
    ...(kind === undefined ? {} : kindExtension(groupVersion, kind.name)),
  };
}

function inOrder(properties: readonly (readonly [string, Schema])[]): { readonly [name: string]: Schema } {
  return Object.fromEntries([...properties].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function describedBy(doc: string): { description?: string } {
  return doc === "" ? {} : { description: doc };
}

const typeProperties: readonly (readonly [string, Schema])[] = [
  [
    "apiVersion",
    { description: "The group and version that this form of the object follows, such as apps/v1.", type: "string" },
  ],
  ["kind", { description: "The kind of the object, in CamelCase. It cannot change.", type: "string" }],
];

const kindProperties: readonly (readonly [string, Schema])[] = [
  ...typeProperties,
  ["metadata", metadata("ObjectMeta")],
];

function metadata(type: "ObjectMeta" | "ListMeta"): Schema {
  return { default: {}, allOf: [{ $ref: refTo(`${metaPackage}.${type}`) }] };
}

function kindExtension({ group, version }: GroupVersion, kind: string): Schema {
  return { "x-kubernetes-group-version-kind": [{ group, kind, version }] };
}

function listName(groupVersion: GroupVersion, { listKind }: Kind): string {
  return `${groupVersion.modelPackage}.${listKind}`;
}

function listSchema(groupVersion: GroupVersion, { name, listKind }: Kind): Schema {
  const items: Schema = {
    type: "array",
    items: { default: {}, allOf: [{ $ref: refTo(definitionName(groupVersion, name)) }] },
  };
  return {
    description: `${listKind} is a list of objects of kind ${name}.`,
    type: "object",
    required: ["items"],
    properties: inOrder([...typeProperties, ["items", items], ["metadata", metadata("ListMeta")]]),
    ...kindExtension(groupVersion, listKind),
  };
}
