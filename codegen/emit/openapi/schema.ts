/** An OpenAPI 3.0 schema, as far as definitions use it. */
export interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly nullable?: true;
  readonly required?: readonly string[];
  readonly properties?: { readonly [name: string]: Schema };
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly $ref?: string;
  readonly [keyword: string]: unknown;
}

/** Schemas by definition name. */
export type Definitions = { readonly [name: string]: Schema };

const refPrefix = "#/components/schemas/";

/** A reference to a definition. */
export function refTo(definition: string): string {
  return refPrefix + definition.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The names of the definitions that a schema refers to, directly. */
export function referredBy(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) =>
    key === "$ref" && typeof value === "string"
      ? [value.slice(refPrefix.length).replaceAll("~1", "/").replaceAll("~0", "~")]
      : referredBy(value),
  );
}

// What version 2 knows in no other way: neither takes alternatives.
const v2Forms: Definitions = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { type: "string" },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": { type: "string", format: "int-or-string" },
};

/** The same definitions for OpenAPI 2: without defaults, and with references that may have siblings. */
export function toV2(definitions: Definitions): Definitions {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => {
      const { description } = schema;
      const form = v2Forms[name];
      return [
        name,
        form === undefined ? v2Schema(schema) : { ...(description === undefined ? {} : { description }), ...form },
      ];
    }),
  );
}

function v2Schema(schema: Schema): Schema {
  const entries = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    switch (key) {
      case "default":
      case "nullable":
      case "oneOf":
        return [];
      case "allOf":
        return Object.entries(v2Schema(schema.allOf?.[0] ?? {}));
      case "$ref":
        return [["$ref", String(value).replace(refPrefix, "#/definitions/")]];
      case "properties":
        return [
          [
            key,
            Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, each]) => [name, v2Schema(each)])),
          ],
        ];
      case "items":
      case "additionalProperties":
        return [[key, v2Schema(schema[key] ?? {})]];
      default:
        return [[key, value]];
    }
  });
  return Object.fromEntries(entries);
}
