import type { Json } from "../meta/v1.ts";
import { isObject, type JsonObject } from "./value.ts";

/**
 * The definition that a schema refers to: by `$ref`, or by the one member of an `allOf`, which lets it say more besides.
 * https://swagger.io/docs/specification/v3_0/using-ref/
 */
export function referenceOf(schema: JsonObject): string | undefined {
  const own = definitionName(schema);
  const allOf = schema["allOf"];
  if (own !== undefined || !Array.isArray(allOf) || allOf.length !== 1) return own;
  const only: Json = (allOf as readonly Json[])[0] ?? null;
  return isObject(only) ? definitionName(only) : undefined;
}

function definitionName(schema: JsonObject): string | undefined {
  const reference = schema["$ref"];
  if (typeof reference !== "string") return undefined;
  const name = reference.slice(reference.lastIndexOf("/") + 1);
  return name === "" ? undefined : name.replaceAll("~1", "/").replaceAll("~0", "~");
}
