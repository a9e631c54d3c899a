import { createRequire } from "node:module";
import type * as TypescriptJsonSchema from "typescript-json-schema";
import type { Definition, DefinitionOrBoolean, JsonSchemaGenerator } from "typescript-json-schema";
import type { DraftObject } from "./draft.ts";
import type { Reader } from "./reader.ts";

/** The structure of the kinds as typescript-json-schema sees it. */
export interface Skeleton {
  definitionOf(kind: DraftObject): Definition | undefined;
  /** The object schemas that a schema consists of: one, those of an intersection, or the variants of a union. */
  objectsIn(definition: Definition | undefined): readonly Definition[];
  /** The JSON types that a value may have, null apart. */
  kindsOf(definition: Definition): ReadonlySet<string>;
  literalsOf(definition: Definition): ReadonlySet<string>;
  itemsOf(definition: Definition): Definition | undefined;
  valuesOf(definition: Definition): Definition | undefined;
}

/** Runs typescript-json-schema over the program that is already compiled, once for all kinds; text tells what it refuses. */
export function readSkeleton({ sources, objects }: Reader, kinds: readonly DraftObject[]): Skeleton | string {
  // Loaded late: with its own compiler it takes longer than all the reading, and a mistake in the types makes it needless.
  const { getDefaultArgs, JsonSchemaGenerator: Generator } = load();
  const types = new Map([...objects].flatMap(([type, named]) => [...named.values()].map((object) => [object, type])));
  const named = Object.fromEntries(kinds.map((kind) => [nameOf(kind), types.get(kind)]));
  const settings = { ...getDefaultArgs(), ref: true, required: true, ignoreErrors: true };
  // The compiler inside ts-morph is 5.9 too; only its type declarations have another name.
  const generator = new Generator([], named as never, {}, {}, sources.program.getTypeChecker(), settings);
  const definitions = definitionsOf(generator, Object.keys(named));
  if (typeof definitions === "string") return definitions;
  const target = (definition: DefinitionOrBoolean | undefined): Definition | undefined => {
    if (typeof definition !== "object") return undefined;
    const name =
      definition.$ref === undefined ? undefined : decodeURIComponent(definition.$ref.slice("#/definitions/".length));
    return name === undefined ? definition : target(definitions[name]);
  };
  return skeletonOf((kind) => target(definitions[nameOf(kind)]), target);
}

function definitionsOf(
  generator: JsonSchemaGenerator,
  names: string[],
): { [name: string]: DefinitionOrBoolean } | string {
  try {
    return generator.getSchemaForSymbols(names, true).definitions ?? {};
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function load(): typeof TypescriptJsonSchema {
  return createRequire(import.meta.url)("typescript-json-schema") as typeof TypescriptJsonSchema;
}

function nameOf(kind: DraftObject): string {
  return `${kind.source.module}#${kind.name}`;
}

function skeletonOf(
  definitionOf: Skeleton["definitionOf"],
  target: (definition: DefinitionOrBoolean | undefined) => Definition | undefined,
): Skeleton {
  /** A schema and the alternatives and parts of it. */
  const parts = (definition: DefinitionOrBoolean | undefined, depth = 0): Definition[] => {
    const found = target(definition);
    if (found === undefined || depth > 20) return [];
    return [found, ...[...(found.anyOf ?? []), ...(found.allOf ?? [])].flatMap((part) => parts(part, depth + 1))];
  };
  const first = (definition: Definition, key: "items" | "additionalProperties"): Definition | undefined => {
    const values = parts(definition).map((part) => part[key]);
    return values
      .map((value) => (Array.isArray(value) ? undefined : target(value)))
      .find((value) => value !== undefined);
  };
  return {
    definitionOf,
    objectsIn: (definition) => parts(definition).filter(({ properties }) => properties !== undefined),
    kindsOf: (definition) =>
      new Set(
        parts(definition)
          .flatMap(({ type }) => type ?? [])
          .filter((type) => type !== "null"),
      ),
    literalsOf: (definition) =>
      new Set(
        parts(definition)
          .flatMap((part) => [...(part.enum ?? []), ...(part.const === undefined ? [] : [part.const])])
          .filter((value) => typeof value === "string"),
      ),
    itemsOf: (definition) => first(definition, "items"),
    valuesOf: (definition) => first(definition, "additionalProperties"),
  };
}
