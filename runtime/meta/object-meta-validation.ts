import { byteLength, compareBytes } from "./byte-text.ts";
import { forbidden, goQuote, invalid, required, tooLongBytes, type FieldError } from "./field-error.ts";
import { validateFieldManager } from "./field-manager.ts";
import { validateAnnotations, validateLabelKey, validateLabels } from "./label-validation.ts";
import { dnsLabelName, type NameRule } from "./names.ts";
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from "./v1.ts";

/** The finalizer that keeps an owner until its dependents have been let go. */
export const orphanFinalizer = "orphan";
/** The finalizer that keeps an owner until its dependents are gone. */
export const foregroundFinalizer = "foregroundDeletion";

/** What the metadata of a kind has to be like. */
interface ObjectMetaRules {
  readonly namespaced: boolean;
  readonly names: NameRule;
}

/**
 * What is wrong with the metadata of an object that is to be created; its name has been generated already.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/api/validation#ValidateObjectMeta
 */
export function validateObjectMeta(
  field: string,
  meta: Readonly<ObjectMeta>,
  { namespaced, names }: ObjectMetaRules,
): FieldError[] {
  const { name = "", generateName = "", generation = 0 } = meta;
  const errors: FieldError[] = [];
  if (generateName !== "") {
    for (const problem of names.prefix(generateName)) {
      errors.push(invalid(`${field}.generateName`, generateName, problem));
    }
  }
  if (name === "") errors.push(required(`${field}.name`, "name or generateName is required"));
  else for (const problem of names.name(name)) errors.push(invalid(`${field}.name`, name, problem));
  errors.push(...validateNamespace(`${field}.namespace`, meta.namespace ?? "", namespaced));
  if (generation < 0) {
    errors.push(invalid(`${field}.generation`, generation, "must be greater than or equal to 0"));
  }
  return [...errors, ...validateMaps(field, meta), ...validateFinalizers(`${field}.finalizers`, meta.finalizers ?? [])];
}

function validateNamespace(field: string, namespace: string, namespaced: boolean): FieldError[] {
  if (!namespaced) return namespace === "" ? [] : [forbidden(field, "not allowed on this type")];
  if (namespace === "") return [required(field)];
  return dnsLabelName.name(namespace).map((problem) => invalid(field, namespace, problem));
}

/** What is checked alike when an object is created and when it is updated. */
function validateMaps(field: string, meta: Readonly<ObjectMeta>): FieldError[] {
  return [
    ...validateLabels(`${field}.labels`, meta.labels),
    ...validateAnnotations(`${field}.annotations`, meta.annotations),
    ...validateOwnerReferences(`${field}.ownerReferences`, meta.ownerReferences ?? []),
    ...validateManagedFields(`${field}.managedFields`, meta.managedFields ?? []),
  ];
}

const immutableFields = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

// What an immutable field that is not set is shown as.
const unset = {
  name: "",
  namespace: "",
  uid: "",
  creationTimestamp: null,
  deletionTimestamp: null,
  deletionGracePeriodSeconds: null,
} as const;

/**
 * What is wrong with the metadata of an object that is to replace another.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/api/validation#ValidateObjectMetaUpdate
 */
export function validateObjectMetaUpdate(
  field: string,
  meta: Readonly<ObjectMeta>,
  old: Readonly<ObjectMeta>,
): FieldError[] {
  const { resourceVersion = "", generation = 0 } = meta;
  const errors: FieldError[] = [];
  if (isSet(old.deletionTimestamp)) {
    errors.push(...validateNoNewFinalizers(`${field}.finalizers`, meta.finalizers ?? [], old.finalizers ?? []));
  }
  if (resourceVersion === "") {
    errors.push(invalid(`${field}.resourceVersion`, resourceVersion, "must be specified for an update"));
  }
  if (generation < (old.generation ?? 0)) {
    errors.push(invalid(`${field}.generation`, generation, "must not be decremented"));
  }
  for (const name of immutableFields) {
    const value = isSet(meta[name]) ? meta[name] : unset[name];
    const oldValue = isSet(old[name]) ? old[name] : unset[name];
    if (value !== oldValue) errors.push(invalid(`${field}.${name}`, value, "field is immutable"));
  }
  return [...errors, ...validateMaps(field, meta)];
}

function isSet(value: string | number | null | undefined): boolean {
  return value !== undefined && value !== null && value !== "";
}

function validateNoNewFinalizers(field: string, finalizers: readonly string[], old: readonly string[]): FieldError[] {
  const known = new Set(old);
  const added = [...new Set(finalizers)].filter((finalizer) => !known.has(finalizer)).toSorted(compareBytes);
  if (added.length === 0) return [];
  const list = `[]string{${added.map(goQuote).join(", ")}}`;
  const rule = "no new finalizers can be added if the object is being deleted";
  return [forbidden(field, `${rule}, found new finalizers ${list}`)];
}

/** What is wrong with a list of finalizers. */
export function validateFinalizers(field: string, finalizers: readonly string[]): FieldError[] {
  const errors = finalizers.flatMap((finalizer) => validateLabelKey(field, finalizer));
  if (finalizers.includes(orphanFinalizer) && finalizers.includes(foregroundFinalizer)) {
    const detail = `finalizer ${orphanFinalizer} and ${foregroundFinalizer} cannot be both set`;
    errors.push(invalid(field, finalizers, detail));
  }
  return errors;
}

/** The most errors on further controllers: each shows the whole list. */
const controllerErrorsMax = 10;

/** What is wrong with the owners of an object, at most one of which may be its controller. */
export function validateOwnerReferences(field: string, references: readonly OwnerReference[]): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  let controllerErrors = 0;
  for (const reference of references) {
    errors.push(...validateOwnerReference(field, reference));
    if (reference.controller !== true) continue;
    const current = `${reference.kind}/${reference.name}`;
    if (controller === undefined) controller = current;
    else if (controllerErrors++ < controllerErrorsMax) {
      const found = `Found "true" in references for ${controller} and ${current}`;
      const detail = `Only one reference can have Controller set to true. ${found}`;
      errors.push(invalid(field, references.map(inGoOrder), detail));
    }
  }
  return errors;
}

function validateOwnerReference(field: string, reference: OwnerReference): FieldError[] {
  const { apiVersion, kind } = reference;
  const { group, version } = groupVersionOf(apiVersion);
  const errors: FieldError[] = [];
  if (version === "") errors.push(invalid(`${field}.apiVersion`, apiVersion, "version must not be empty"));
  for (const name of ["kind", "name", "uid"] as const) {
    if (reference[name] === "") errors.push(invalid(`${field}.${name}`, reference[name], "must not be empty"));
  }
  // Events go by themselves, and are too many to follow.
  if (group === "" && version === "v1" && kind === "Event") {
    errors.push(invalid(field, inGoOrder(reference), "/v1, Kind=Event is disallowed from being an owner"));
  }
  return errors;
}

function groupVersionOf(apiVersion: string): { group: string; version: string } {
  const parts = apiVersion.split("/");
  if (parts.length > 2) return { group: "", version: "" };
  return { group: parts.length === 2 ? (parts[0] ?? "") : "", version: parts.at(-1) ?? "" };
}

// Error texts show references as JSON, whose fields Go writes in this order.
function inGoOrder(reference: OwnerReference): OwnerReference {
  const { apiVersion, kind, name, uid, ...flags } = reference;
  const { controller, blockOwnerDeletion } = flags;
  return {
    apiVersion,
    kind,
    name,
    uid,
    ...(controller === undefined ? {} : { controller }),
    ...(blockOwnerDeletion === undefined ? {} : { blockOwnerDeletion }),
  };
}

const subresourceBytesMax = 256;

/** What is wrong with the record of who owns which fields. */
export function validateManagedFields(field: string, entries: readonly ManagedFieldsEntry[]): FieldError[] {
  return entries.flatMap((entry, i) => validateManagedFieldsEntry(`${field}[${i}]`, entry));
}

function validateManagedFieldsEntry(field: string, entry: ManagedFieldsEntry): FieldError[] {
  const { operation = "", fieldsType = "", manager = "", subresource = "" } = entry;
  const errors: FieldError[] = [];
  if (operation !== "Apply" && operation !== "Update") {
    errors.push(invalid(`${field}.operation`, operation, "must be `Apply` or `Update`"));
  }
  if (fieldsType !== "" && fieldsType !== "FieldsV1") {
    errors.push(invalid(`${field}.fieldsType`, fieldsType, "must be `FieldsV1`"));
  }
  errors.push(...validateFieldManager(`${field}.manager`, manager));
  if (byteLength(subresource) > subresourceBytesMax) {
    errors.push(tooLongBytes(`${field}.subresource`, subresourceBytesMax));
  }
  return errors;
}
