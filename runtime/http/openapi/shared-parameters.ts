import { createHash } from "node:crypto";
import type { OpenAPIV2 } from "openapi-types";
import { methods } from "./route.ts";

/** Paths whose common parameters are references, and what they refer to. */
interface SharedParameters {
  readonly paths: OpenAPIV2.PathsObject;
  readonly parameters: OpenAPIV2.ParametersDefinitionsObject;
}

type PathEntry = readonly [path: string, item: OpenAPIV2.PathItemObject];

/**
 * Writes parameters that are not about one kind once for the whole document: most of its size goes that way.
 * `dryRun` and `fieldValidation` stay where they are, for clients up to 1.27 look for them there.
 */
export function shareParameters(entries: readonly PathEntry[]): SharedParameters {
  const found = new Map<string, OpenAPIV2.ParameterObject>();
  const share = (parameters: OpenAPIV2.Parameters): OpenAPIV2.Parameters =>
    parameters.map((parameter) => {
      if ("$ref" in parameter || !isShareable(parameter)) return parameter;
      const name = sharedName(parameter);
      found.set(name, parameter);
      return { $ref: `#/parameters/${name}` };
    });
  const paths = entries.map(([path, item]) => [path, withParameters(item, share)] as const);
  const sorted = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { paths: Object.fromEntries(paths), parameters: Object.fromEntries(sorted) };
}

const neverShared: ReadonlySet<string> = new Set(["name", "dryRun", "fieldValidation"]);

function isShareable(parameter: OpenAPIV2.Parameter): boolean {
  if (parameter.in !== "body") return !neverShared.has(parameter.name);
  const reference: unknown = parameter["schema"]?.$ref;
  return typeof reference === "string" && reference.startsWith("#/definitions/io.k8s.apimachinery");
}

function sharedName(parameter: OpenAPIV2.Parameter): string {
  const hash = createHash("sha256").update(JSON.stringify(parameter)).digest().subarray(0, 6).toString("base64url");
  return `${parameter.name}-${hash}`;
}

function withParameters(
  item: OpenAPIV2.PathItemObject,
  change: (parameters: OpenAPIV2.Parameters) => OpenAPIV2.Parameters,
): OpenAPIV2.PathItemObject {
  const changed: OpenAPIV2.PathItemObject = {};
  for (const method of methods) {
    const operation = item[method];
    if (operation === undefined) continue;
    const { parameters } = operation;
    // Written in place of the old ones, so that the order of keys stays.
    changed[method] = parameters === undefined ? operation : { ...operation, parameters: change(parameters) };
  }
  if (item.parameters !== undefined) changed.parameters = change(item.parameters);
  return changed;
}
