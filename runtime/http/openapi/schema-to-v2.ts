/**
 * A schema of OpenAPI 3.0 as Swagger 2.0 publishes it: references stand beside descriptions, and there are no defaults.
 * Knows what the server's own schemas use, not all of OpenAPI.
 */
export function schemaToV2(schema: object): object {
  return Object.fromEntries(Object.entries(schema).flatMap(([keyword, value]) => keywordToV2(keyword, value)));
}

function keywordToV2(keyword: string, value: unknown): [string, unknown][] {
  switch (keyword) {
    case "default":
      return [];
    case "$ref":
      return [["$ref", String(value).replace("#/components/schemas/", "#/definitions/")]];
    case "allOf":
      return asSchemas(value).flatMap((part) => Object.entries(schemaToV2(part)));
    case "items":
      return asSchemas([value]).map((items) => ["items", schemaToV2(items)]);
    case "properties":
      return [["properties", Object.fromEntries(Object.entries(value ?? {}).map(propertyToV2))]];
    default:
      return [[keyword, value]];
  }
}

function propertyToV2([name, schema]: [string, unknown]): [string, unknown] {
  return [name, asSchemas([schema]).map(schemaToV2)[0]];
}

function asSchemas(value: unknown): object[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "object" && item !== null) : [];
}
