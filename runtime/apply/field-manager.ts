import { setMember } from "../meta/set-member.ts";
import { badRequest } from "../meta/status-error.ts";
import type { Json, ManagedFieldsEntry } from "../meta/v1.ts";
import { applyConflict } from "./apply-conflict.ts";
import { capUpdateManagers } from "./cap-managers.ts";
import type { FieldFilter } from "./compare-typed.ts";
import { equalSets, fieldSetOf, subtractSet, unionSets } from "./field-set.ts";
import { unforgivenConflicts, withLastApplied } from "./last-applied.ts";
import { decodeManagedFields, encodeManagedFields, managerIdentifier, nobody, type Managed } from "./managed-fields.ts";
import type { Managers } from "./managers.ts";
import { fieldElement } from "./path-element.ts";
import { TypedError } from "./typed-errors.ts";
import type { SchemaIndex, TypeRef } from "./typed-schema.ts";
import { apply, ConflictError, sameTyped, update, type Owned, type Typed, type UpdaterOptions } from "./updater.ts";
import { validateTyped } from "./validate-typed.ts";
import { isObject, member, type JsonObject } from "./value.ts";

/** One endpoint whose writes are tracked: a kind at a version, or a subresource of it. */
export interface FieldManagerOptions {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** Empty for the resource itself. */
  readonly subresource: string;
  readonly schema: SchemaIndex;
  readonly type: TypeRef;
  /** The object at another apiVersion; undefined where that is no more. */
  readonly convert: (object: Typed, apiVersion: string) => Typed | undefined;
  /** Fields that writes to this endpoint do not change, by apiVersion: status for the main one, the rest for `/status`. */
  readonly resetFields: ReadonlyMap<string, FieldFilter>;
  /** How many managers may own by update before the oldest are put together. */
  readonly updateManagersMax: number;
  /** The time that changed entries get; RFC 3339, to the second. */
  readonly now: () => string;
  /** An object of the kind in which nothing is set; just its apiVersion and kind where it is not given. */
  readonly zero?: JsonObject;
}

/** The fields of every object that nobody owns. */
const unowned = fieldSetOf([
  [fieldElement("apiVersion")],
  [fieldElement("kind")],
  [fieldElement("metadata")],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((name) => [fieldElement("metadata"), fieldElement(name)]),
]);

const beforeFirstApply = "before-first-apply";
// Stands for the writer while its own entry must not count as another's.
const currentOperation = "current-operation";

/**
 * The object of a create, update or patch with its managedFields brought up to date: what changed is the manager's.
 * Where the request brings managedFields of its own, they count instead of the stored ones; `[{}]` clears them.
 * Throws a TypedError where an object does not fit its schema.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/managedfields#FieldManager.Update
 */
export function trackUpdate(
  options: FieldManagerOptions,
  live: JsonObject,
  changed: JsonObject,
  manager: string,
): JsonObject {
  const managed = managedByRequest(options, live, changed);
  const bare = withManagedFields(changed, []);
  // Objects from before the server kept track stay untracked until something is applied to them.
  if (managed.managers.size === 0 && metadataOf(live)["uid"] !== undefined) return bare;
  const after = updated(options, withManagedFields(live, []), bare, managed, manager);
  return withManagedFields(bare, encodeManagedFields(capUpdateManagers(after, options.updateManagersMax)));
}

/**
 * The object that an apply makes of the live one, with managedFields.
 * Throws a StatusError for what the client did wrong, conflicts among it, and a TypedError where the patch does not fit
 * its schema.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/managedfields#FieldManager.Apply
 */
export function applyPatch(
  options: FieldManagerOptions,
  live: JsonObject,
  patch: JsonObject,
  manager: string,
  force: boolean,
): JsonObject {
  checkPatch(options, patch);
  const managed = managedAtApply(options, live);
  const typedPatch = typed(options, patch, "failed to create typed patch object", false);
  const typedLive = typed(options, withManagedFields(live, []), "failed to create typed live object", true);
  const identifier = identifierOf(options, manager, "Apply");
  const owned: Owned = { object: typedLive, managers: managed.managers };
  const attempt = (forced: boolean): Owned =>
    apply(updaterOptions(options), owned, typedPatch, {
      manager: identifier,
      version: apiVersionOf(options),
      force: forced,
    });
  const result = forgiving(attempt, force, (conflicts) =>
    manager === "kubectl" ? unforgivenConflicts(options, typedLive, conflicts) : conflicts,
  );
  const changed = !sameTyped(result.object, typedLive);
  const after = {
    managers: withoutUnowned(result.managers, identifier),
    times: changed ? new Map(managed.times).set(identifier, options.now()) : managed.times,
  };
  const object = withManagedFields((changed ? result : owned).object.value as JsonObject, encodeManagedFields(after));
  return manager === "kubectl" ? withLastApplied(object, patch) : object;
}

/** Tries it, and by force a second time where none of the conflicts counts. */
function forgiving(
  attempt: (forced: boolean) => Owned,
  force: boolean,
  remaining: (conflicts: ConflictError["conflicts"]) => ConflictError["conflicts"],
): Owned {
  try {
    return attempt(force);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const conflicts = remaining(error.conflicts);
    if (conflicts.length > 0) throw applyConflict(conflicts);
    return attempt(true);
  }
}

function checkPatch(options: FieldManagerOptions, patch: JsonObject): void {
  const apiVersion = textOf(patch, "apiVersion");
  const kind = textOf(patch, "kind");
  if (apiVersion !== apiVersionOf(options) || kind !== options.kind) {
    throw badRequest(`invalid object type: ${groupVersionKindText(apiVersion, kind)}`);
  }
  const managedFields = metadataOf(patch)["managedFields"];
  if (managedFields !== undefined && managedFields !== null) throw badRequest("metadata.managedFields must be nil");
}

/** Whose word counts on who owned what before an update. */
function managedByRequest(options: FieldManagerOptions, live: JsonObject, changed: JsonObject): Managed {
  const stored = (): Managed => decodedOrNobody(managedFieldsOf(live));
  if (options.subresource !== "") return stored();
  const requested = managedFieldsOf(changed);
  if (requested === undefined) return stored();
  const [first] = requested;
  const isReset = first === undefined || (requested.length === 1 && Object.keys(first).length === 0);
  if (isReset) return nobody;
  const own = decodedOrNobody(requested);
  return own.managers.size === 0 ? stored() : own;
}

/** The owners before an apply; what nobody was tracked for is put under a name of its own first. */
function managedAtApply(options: FieldManagerOptions, live: JsonObject): Managed {
  const managed = decodeManagedFields(managedFieldsOf(live) ?? []);
  if (managed.managers.size > 0) return managed;
  const { zero = { apiVersion: apiVersionOf(options), kind: options.kind } } = options;
  return updated(options, zero, withManagedFields(live, []), managed, beforeFirstApply);
}

function updated(
  options: FieldManagerOptions,
  live: JsonObject,
  changed: JsonObject,
  managed: Managed,
  manager: string,
): Managed {
  const before = typed(options, live, "failed to convert live object to smd typed", true);
  const after = typed(options, changed, "failed to convert new object to smd typed", true);
  const act = { manager: currentOperation, version: apiVersionOf(options), force: true };
  const owned = update(updaterOptions(options), { object: before, managers: managed.managers }, after, act);
  const managers = new Map(withoutUnowned(owned.managers, currentOperation));
  const current = managers.get(currentOperation);
  if (current === undefined) return { managers, times: managed.times };
  managers.delete(currentOperation);
  const identifier = identifierOf(options, manager, "Update");
  const previous = managers.get(identifier);
  const set = previous === undefined ? current.set : unionSets(current.set, previous.set);
  // Who changes what was theirs already owns the same as before: what is known of that set need not be worked out again.
  const last = managed.managers.get(identifier)?.set;
  managers.set(identifier, { ...current, set: last !== undefined && equalSets(set, last) ? last : set });
  return { managers, times: new Map(managed.times).set(identifier, options.now()) };
}

function withoutUnowned(managers: Managers, manager: string): Managers {
  const managed = managers.get(manager);
  if (managed === undefined) return managers;
  const set = subtractSet(managed.set, unowned);
  const out = new Map(managers);
  if (set.size === 0) out.delete(manager);
  else out.set(manager, { ...managed, set });
  return out;
}

function decodedOrNobody(entries: readonly ManagedFieldsEntry[] | undefined): Managed {
  try {
    return decodeManagedFields(entries ?? []);
  } catch {
    // What cannot be read is not kept: the next writes build it anew.
    return nobody;
  }
}

function identifierOf(options: FieldManagerOptions, manager: string, operation: "Apply" | "Update"): string {
  return managerIdentifier({
    manager: manager === "" ? "unknown" : manager,
    operation,
    apiVersion: apiVersionOf(options),
    subresource: options.subresource,
  });
}

function updaterOptions({ convert, resetFields }: FieldManagerOptions): UpdaterOptions {
  return { convert, ignored: resetFields };
}

function typed(options: FieldManagerOptions, object: JsonObject, failing: string, allowDuplicates: boolean): Typed {
  const { schema, type } = options;
  try {
    validateTyped(schema, type, object, { allowDuplicates });
  } catch (error) {
    if (!(error instanceof TypedError)) throw error;
    const metadata = metadataOf(object);
    const what = `${textOf(metadata, "namespace")}/${textOf(metadata, "name")}; ${groupVersionKindText(apiVersionOf(options), options.kind)}`;
    throw new TypedError(`${failing} (${what}): ${error.message}`);
  }
  return { schema, type, value: object };
}

function textOf(object: JsonObject, name: string): string {
  const value = member(object, name);
  return typeof value === "string" ? value : "";
}

function apiVersionOf({ group, version }: FieldManagerOptions): string {
  return group === "" ? version : `${group}/${version}`;
}

/** As Go prints a GroupVersionKind. */
function groupVersionKindText(apiVersion: string, kind: string): string {
  return `${apiVersion.includes("/") ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
}

function metadataOf(object: JsonObject): JsonObject {
  const metadata = member(object, "metadata");
  return isObject(metadata) ? metadata : {};
}

function managedFieldsOf(object: JsonObject): readonly ManagedFieldsEntry[] | undefined {
  const entries = metadataOf(object)["managedFields"];
  // Decoding an object made sure of the entries' types.
  return Array.isArray(entries) ? (entries as readonly unknown[] as readonly ManagedFieldsEntry[]) : undefined;
}

/** The object with these managedFields; with none at all if there are no entries. */
function withManagedFields(object: JsonObject, entries: readonly ManagedFieldsEntry[]): JsonObject {
  if (entries.length === 0 && metadataOf(object)["managedFields"] === undefined) return object;
  const from = metadataOf(object);
  const metadata: { [key: string]: Json } = {};
  for (const name of Object.keys(from)) if (name !== "managedFields") setMember(metadata, name, from[name] ?? null);
  if (entries.length > 0) metadata["managedFields"] = entries as readonly unknown[] as readonly Json[];
  return { ...object, metadata };
}
