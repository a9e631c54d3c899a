import { expect } from "vitest";
import { applyPatch, trackUpdate, type FieldManagerOptions } from "../../runtime/apply/field-manager.ts";
import { SchemaIndex, type TypedSchema, type TypeRef } from "../../runtime/apply/typed-schema.ts";
import type { JsonObject } from "../../runtime/apply/value.ts";
import { StatusError } from "../../runtime/meta/status-error.ts";
import type { ManagedFieldsEntry } from "../../runtime/meta/v1.ts";
import { loadSchemas, type VectorCase } from "./load.ts";

const schemas = loadSchemas() as Record<string, TypedSchema>;
const now = "2030-01-01T00:00:00Z";

interface Step {
  readonly op: "apply" | "update";
  readonly manager: string;
  readonly force?: boolean;
  readonly before: JsonObject;
  readonly object: JsonObject;
  readonly expect: {
    readonly after?: JsonObject;
    readonly error?: string | null;
    readonly status?: { code: number; reason: string; details?: { causes?: object[] } } | null;
    readonly timeUnchanged?: readonly EntryName[];
    readonly timeChanged?: readonly EntryName[];
  };
}

type EntryName = readonly [string, string, string | null, string];

/** Runs the steps of a case of the `fieldmanager` layer, each on its own. */
export function checkFieldManager(vector: VectorCase): void {
  const options = optionsOf(vector);
  for (const [number, step] of (vector["steps"] as Step[]).entries()) {
    const label = `step ${number}`;
    const { result, failure } = run(options, step);
    expect(failure === undefined ? null : (failure as Error).message, label).toEqual(step.expect.error ?? null);
    if (failure instanceof StatusError && step.expect.status) {
      expect(failure.status.code, label).toBe(step.expect.status.code);
      expect(failure.status.reason, label).toBe(step.expect.status.reason);
      const causes = step.expect.status.details?.causes ?? [];
      expect(sorted(failure.status.details?.causes ?? []), label).toEqual(sorted(causes));
    }
    if (result === undefined) continue;
    if (step.expect.after !== undefined) expect(comparable(result), label).toEqual(comparable(step.expect.after));
    checkTimes(step, result, label);
  }
}

function run(options: FieldManagerOptions, step: Step): { result?: JsonObject; failure?: unknown } {
  try {
    const result =
      step.op === "apply"
        ? applyPatch(options, step.before, step.object, step.manager, step.force ?? false)
        : trackUpdate(options, step.before, step.object, step.manager);
    return { result };
  } catch (failure) {
    return { failure };
  }
}

function optionsOf(vector: VectorCase): FieldManagerOptions {
  const apiVersion = vector["apiVersion"] as string;
  const slash = apiVersion.indexOf("/");
  return {
    group: slash < 0 ? "" : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind: vector["kind"] as string,
    subresource: vector["subresource"] as string,
    schema: new SchemaIndex(schemas[vector["schema"] as string] ?? { types: [] }),
    type: vector["type"] as TypeRef,
    convert: (object) => object,
    resetFields: new Map(),
    updateManagersMax: Infinity,
    now: () => now,
  };
}

/** Entries of managedFields as a set, without their times. */
function comparable(object: JsonObject): unknown {
  const { metadata, ...rest } = JSON.parse(JSON.stringify(object)) as { metadata?: { managedFields?: object[] } };
  if (metadata?.managedFields === undefined) return { ...rest, ...(metadata === undefined ? {} : { metadata }) };
  const managedFields = sorted(metadata.managedFields.map((entry) => ({ ...entry, time: undefined })));
  return { ...rest, metadata: { ...metadata, managedFields } };
}

function sorted(values: readonly object[]): object[] {
  const text = (value: object): string => JSON.stringify(value, Object.keys(flatKeys(value)).sort());
  return values
    .map((value) => JSON.parse(JSON.stringify(value)) as object)
    .sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

function flatKeys(value: unknown, out: Record<string, true> = {}): Record<string, true> {
  if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      out[key] = true;
      flatKeys(item, out);
    }
  }
  return out;
}

function checkTimes(step: Step, result: JsonObject, label: string): void {
  for (const name of step.expect.timeUnchanged ?? []) {
    expect(timeOf(result, name), `${label} ${String(name)}`).toBe(timeOf(step.before, name));
  }
  for (const name of step.expect.timeChanged ?? []) expect(timeOf(result, name), `${label} ${String(name)}`).toBe(now);
}

function timeOf(object: JsonObject, [manager, operation, subresource, apiVersion]: EntryName): string | undefined {
  const { managedFields = [] } = (object["metadata"] ?? {}) as { managedFields?: ManagedFieldsEntry[] };
  return managedFields.find(
    (entry) =>
      entry.manager === manager &&
      entry.operation === operation &&
      (entry.subresource ?? "") === (subresource ?? "") &&
      entry.apiVersion === apiVersion,
  )?.time;
}
