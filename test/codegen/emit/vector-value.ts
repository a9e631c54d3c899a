import { fieldName, presenceOf } from "./vector-model.ts";
import { resolve, type GoType, type VectorSchema } from "./vector-schema.ts";

/**
 * A vector's value as decoding would have made it of JSON: zero values where Go has them, and nothing for values that
 * may be left out and are zero. An embedded object goes to a field of its own.
 */
export function vectorValue(schema: VectorSchema, type: GoType, value: unknown): unknown {
  const { type: actual } = resolve(schema, type);
  if (value === null || value === undefined) return zeroOf(schema, actual);
  switch (actual.kind) {
    case "list":
      return (value as unknown[]).map((item) => (item === null ? null : vectorValue(schema, actual.of, item)));
    case "map":
      return Object.fromEntries(
        Object.entries(value).map(([key, each]) => [key, vectorValue(schema, actual.of, each)]),
      );
    case "struct": {
      const given = value as Record<string, unknown>;
      const entries = actual.fields.flatMap((field) => {
        const name = fieldName(field);
        if (name === undefined) return [];
        const own = field.json === null ? given : given[field.json];
        const { type: fieldType, pointer } = resolve(schema, field.type);
        const presence = presenceOf(schema, field);
        const absent = own === undefined || own === null || (!pointer && isZero(own));
        if (absent && isAbsent(fieldType, presence, pointer)) return [];
        return [[name, vectorValue(schema, field.type, own)] as const];
      });
      return Object.fromEntries(entries);
    }
    default:
      return value;
  }
}

/** Whether decoding leaves a value out that was not given. */
function isAbsent({ kind }: GoType, presence: string, pointer: boolean): boolean {
  if (kind === "struct") return pointer;
  const hasEmpty = kind === "string" || kind === "bytes" || kind === "list" || kind === "map";
  if (presence === "required") return !hasEmpty;
  return presence === "optional" || pointer;
}

function isZero(value: unknown): boolean {
  return value === "" || value === 0 || value === false;
}

function zeroOf(schema: VectorSchema, type: GoType): unknown {
  switch (type.kind) {
    case "string":
    case "bytes":
      return "";
    case "bool":
      return false;
    case "list":
      return [];
    case "map":
      return {};
    case "struct":
      return vectorValue(schema, type, {});
    default:
      return 0;
  }
}
