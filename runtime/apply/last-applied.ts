import type { Json } from "../meta/v1.ts";
import { compareTyped } from "./compare-typed.ts";
import { hasPath, subtractSet, type FieldSet } from "./field-set.ts";
import type { Conflict, Typed } from "./updater.ts";
import { validateTyped } from "./validate-typed.ts";
import { canonicalJson, isObject, member, type JsonObject } from "./value.ts";
import { pathsOfValue } from "./value-paths.ts";

/**
 * Where `kubectl apply` of old kept what it applied. The first server-side apply by kubectl takes it for what kubectl
 * owned, so that moving over makes no conflicts.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#upgrading-from-client-side-apply-to-server-side-apply
 */
const annotation = "kubectl.kubernetes.io/last-applied-configuration";
const annotationBytesMax = 262_144;

/** The conflicts over fields that the annotation does not have, or has with other values than the object. */
export function unforgivenConflicts(
  endpoint: { readonly group: string; readonly version: string },
  live: Typed,
  conflicts: readonly Conflict[],
): readonly Conflict[] {
  const forgiven = lastAppliedFields(endpoint, live);
  return forgiven === undefined ? conflicts : conflicts.filter(({ path }) => !hasPath(forgiven, path));
}

function lastAppliedFields(endpoint: { group: string; version: string }, live: Typed): FieldSet | undefined {
  const text = member(annotationsOf(live.value), annotation);
  if (typeof text !== "string" || text === "") return undefined;
  try {
    const applied = JSON.parse(text) as Json;
    const apiVersion = endpoint.group === "" ? endpoint.version : `${endpoint.group}/${endpoint.version}`;
    if (!isObject(applied) || applied["apiVersion"] !== apiVersion) return undefined;
    validateTyped(live.schema, live.type, live.value, { allowDuplicates: false });
    validateTyped(live.schema, live.type, applied, { allowDuplicates: false });
    const { modified, added, removed } = compareTyped(live.schema, live.type, applied, live.value);
    const fields = pathsOfValue(live.schema, live.type, applied);
    return subtractSet(subtractSet(subtractSet(fields, modified), added), removed);
  } catch {
    // An annotation that does not fit forgives nothing.
    return undefined;
  }
}

/** The object with the annotation brought up to date, if it has it: without it where it would grow too large. */
export function withLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  const annotations = annotationsOf(object);
  const present = member(annotations, annotation);
  if (present === undefined || present === "") return object;
  const { [annotation]: _, ...others } = annotations;
  const text = `${canonicalJson(withoutAnnotation(applied))}\n`;
  const fits = bytesOf({ ...others, [annotation]: text }) <= annotationBytesMax;
  return withAnnotations(object, fits ? { ...others, [annotation]: text } : others);
}

function withoutAnnotation(object: JsonObject): JsonObject {
  const { [annotation]: _, ...others } = annotationsOf(object);
  return isObject(object["metadata"]) && "annotations" in object["metadata"] ? withAnnotations(object, others) : object;
}

function withAnnotations(object: JsonObject, annotations: JsonObject): JsonObject {
  const { annotations: _, ...metadata } = isObject(object["metadata"]) ? object["metadata"] : {};
  const none = Object.keys(annotations).length === 0;
  return { ...object, metadata: none ? metadata : { ...metadata, annotations } };
}

function annotationsOf(object: Json): JsonObject {
  const metadata = isObject(object) ? object["metadata"] : undefined;
  const annotations = isObject(metadata) ? metadata["annotations"] : undefined;
  return isObject(annotations) ? annotations : {};
}

function bytesOf(annotations: JsonObject): number {
  return Object.entries(annotations).reduce(
    (total, [key, value]) => total + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
}
