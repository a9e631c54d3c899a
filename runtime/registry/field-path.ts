import { isFields, type Fields } from "../meta/decode.ts";
import type { KubeObject } from "../meta/v1.ts";

/** What stands at a path such as `.spec.color`, or `spec.color`; undefined where there is nothing. */
function valueAt(object: KubeObject, path: string): unknown {
  let value: unknown = object;
  for (const step of stepsOf(path)) {
    if (!isFields(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/** The whole number that stands at a path such as `.spec.replicas`; undefined where there is none. */
export function integerAt(object: KubeObject, path: string): number | undefined {
  const value = valueAt(object, path);
  return Number.isInteger(value) ? (value as number) : undefined;
}

/** The text that stands at a path such as `.status.selector`; undefined where there is none. */
export function textAt(object: KubeObject, path: string): string | undefined {
  const value = valueAt(object, path);
  return typeof value === "string" ? value : undefined;
}

/** The text that field selectors compare, of the field at a path such as `metadata.name` or `spec.color`; empty for none. */
export function selectableText(object: KubeObject, path: string): string {
  if (path === "metadata.name") return object.metadata.name ?? "";
  if (path === "metadata.namespace") return object.metadata.namespace ?? "";
  const value = valueAt(object, path);
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** Sets the value at a path such as `.spec.replicas`, and makes the objects on the way there that are missing. */
export function setAt(object: KubeObject, path: string, value: unknown): void {
  const steps = stepsOf(path);
  let fields: unknown = object;
  for (const [i, step] of steps.entries()) {
    if (!isFields(fields)) return;
    if (i === steps.length - 1) fields[step] = value;
    else fields = inner(fields, step);
  }
}

// Paths of subresources and selectors are names alone, checked when the kind was generated.
function stepsOf(path: string): string[] {
  return path.replace(/^\./, "").split(".");
}

function inner(fields: Fields, step: string): unknown {
  if (!Object.hasOwn(fields, step) || fields[step] === null) fields[step] = {};
  return fields[step];
}
