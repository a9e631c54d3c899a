import type { GroupVersionKind, GroupVersionRegistration } from "../../scheme/descriptor.ts";
import { scaleKind, type Endpoint } from "../endpoint.ts";
import { listDefinition, meta } from "./definition-names.ts";
import type { Route } from "./route.ts";
import { serverDefinitions } from "./server-definitions.ts";
import { schemaToV2 } from "./schema-to-v2.ts";

/** The two ways of writing schemas: Swagger 2.0 and OpenAPI 3.0. */
type Generation = "v2" | "v3";

/** What the schemas of a document are chosen and completed by. */
export interface DefinitionSources {
  /** All definitions, by name, in the form of the document's generation. */
  readonly definitions: ReadonlyMap<string, object>;
  /** The group versions whose requests may carry the shared options and events. */
  readonly groupVersions: readonly { readonly group: string; readonly version: string }[];
  readonly endpoints: readonly Endpoint[];
}

const prefixes: Readonly<Record<Generation, string>> = { v2: "#/definitions/", v3: "#/components/schemas/" };

/** The reference to a definition, as JSON pointers write it. */
export function referenceTo(generation: Generation, definition: string): string {
  return prefixes[generation] + definition.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** All definitions there are: those of the server, then the registered ones, which win. */
export function allDefinitions(
  generation: Generation,
  registrations: readonly Pick<GroupVersionRegistration, "openApi">[],
): Map<string, object> {
  const own = Object.entries(serverDefinitions);
  const definitions = new Map(own.map(([name, schema]) => [name, generation === "v2" ? schemaToV2(schema) : schema]));
  for (const { openApi } of registrations) {
    for (const [name, schema] of Object.entries(openApi[generation])) definitions.set(name, schema);
  }
  return definitions;
}

/**
 * The schemas that routes lead to, with the kinds that each of them is, sorted by name.
 * Throws where a definition is missing: the document would be of no use to clients that follow references.
 */
export function publishedDefinitions(routes: readonly Route[], sources: DefinitionSources): Record<string, object> {
  const published = new Map<string, object>();
  const names = new Set(routes.flatMap(definitionsOf));
  // A set grows while it is walked: what is found on the way is visited too.
  for (const name of names) {
    const schema = sources.definitions.get(name);
    if (schema === undefined) throw new Error(`OpenAPI needs the definition ${name}, which nobody registered`);
    published.set(name, schema);
    collectReferences(schema, names);
  }
  const kinds = kindsByDefinition(sources);
  const sorted = [...published].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, schema]) => [name, withKinds(schema, kinds.get(name))]));
}

function definitionsOf({ body, responses }: Route): string[] {
  const answered = responses.flatMap(({ definition }) => definition ?? []);
  return body === undefined ? answered : [body.definition, ...answered];
}

function collectReferences(value: unknown, names: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (key === "$ref" && typeof child === "string") names.add(referencedName(child));
    else collectReferences(child, names);
  }
}

function referencedName(reference: string): string {
  return reference
    .slice(reference.lastIndexOf("/") + 1)
    .replaceAll("~1", "/")
    .replaceAll("~0", "~");
}

function withKinds(schema: object, kinds: readonly GroupVersionKind[] | undefined): object {
  if (kinds === undefined) return schema;
  const sorted = kinds.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  // Clients compare the whole map: exactly these three keys.
  const list = sorted.map(({ group, kind, version }) => ({ group, kind, version }));
  return { ...schema, "x-kubernetes-group-version-kind": list };
}

function sortKey({ group, version, kind }: GroupVersionKind): string {
  return `${group}\n${version}\n${kind}`;
}

function kindsByDefinition({ endpoints, groupVersions }: DefinitionSources): Map<string, GroupVersionKind[]> {
  const kinds = new Map<string, GroupVersionKind[]>();
  const add = (definition: string, gvk: GroupVersionKind): void => {
    const known = kinds.get(definition) ?? [];
    if (known.every((other) => sortKey(other) !== sortKey(gvk))) kinds.set(definition, [...known, gvk]);
  };
  const core = { group: "", version: "v1" };
  for (const kind of ["Status", "APIGroup", "APIGroupList", "APIResourceList"]) add(meta(kind), { ...core, kind });
  for (const kind of ["DeleteOptions", "WatchEvent"]) {
    for (const groupVersion of [core, ...groupVersions]) add(meta(kind), { ...groupVersion, kind });
  }
  add(scaleKind.definition, scaleKind.gvk);
  for (const { descriptor, served } of endpoints) {
    const { gvk, definition, names } = descriptor;
    add(definition, gvk);
    add(listDefinition(descriptor), { ...gvk, kind: names.listKind });
    if (served !== undefined) add(served.definition, served.gvk);
  }
  return kinds;
}
