import { fieldsV1, parseFieldsV1 } from "../../runtime/apply/fields-v1.ts";
import type { Managers } from "../../runtime/apply/managers.ts";
import type { Json } from "../../runtime/meta/v1.ts";

/** Managers as the vectors write them. */
export type ManagersJson = Record<string, { version: string; applied: boolean; fields: Json }>;

/** Reads managers; null is nobody. */
export function managersFrom(json: unknown): Managers {
  const entries = Object.entries((json ?? {}) as ManagersJson);
  return new Map(
    entries.map(([name, { version, applied, fields }]) => [name, { version, applied, set: parseFieldsV1(fields) }]),
  );
}

/** Writes managers. */
export function managersJson(managers: Managers): ManagersJson {
  return Object.fromEntries(
    [...managers].map(([name, { version, applied, set }]) => [name, { version, applied, fields: fieldsV1(set) }]),
  );
}
