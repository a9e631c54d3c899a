import { invalidObject, badRequest, internalError } from "../meta/status-error.ts";
import { validateObjectMeta } from "../meta/object-meta-validation.ts";
import { dnsSubdomainName, type NameRule } from "../meta/names.ts";
import { formatTime } from "../meta/time.ts";
import type { KubeObject, ObjectMeta } from "../meta/v1.ts";
import type { FieldError } from "../meta/field-error.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { scaleErrors } from "./scale-errors.ts";
import { resetStatus } from "./status-part.ts";
import type { StoredKind } from "./stored-kind.ts";

/**
 * What happens to every object before it is created, around its strategy: brings it into its final form, or throws why
 * it cannot be. Its name and system fields are set already.
 * The counterpart of https://pkg.go.dev/k8s.io/apiserver/pkg/registry/rest#BeforeCreate.
 */
export function beforeCreate(descriptor: ResourceDescriptor, object: KubeObject, context: RequestContext): void {
  const { strategy } = descriptor;
  const { metadata } = object;
  requireSystemFields(metadata);
  ensureNamespace(metadata, expectedNamespace(descriptor, context));
  if (descriptor.subresources.status === true) {
    resetStatus(descriptor, object);
    metadata.generation = 1;
  }
  strategy.prepareForCreate?.(object, context);
  throwInvalid(descriptor, object, [
    ...metadataErrors(descriptor, metadata, namesOf(descriptor)),
    ...objectErrors(descriptor, object, undefined, context),
  ]);
  for (const warning of strategy.warnings?.(object, undefined, context) ?? []) context.warn(warning);
  strategy.canonicalize?.(object);
}

/** Removes what only the server may set, before admission sees the object. */
export function wipeSystemFields(metadata: ObjectMeta): void {
  delete metadata.creationTimestamp;
  delete metadata.uid;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
}

/** Sets what the server gives every new object. */
export function fillSystemFields(metadata: ObjectMeta, now: Date, uid: string): void {
  metadata.creationTimestamp = formatTime(now);
  metadata.uid = uid;
}

/** Gives the object the request's namespace; throws 400 if it names another. The request of a cluster-scoped kind has none. */
export function ensureNamespace(metadata: ObjectMeta, requestNamespace: string): void {
  const namespace = metadata.namespace ?? "";
  if (namespace === requestNamespace) return;
  if (requestNamespace === "") delete metadata.namespace;
  else if (namespace === "") metadata.namespace = requestNamespace;
  else throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

/** The namespace that objects of the kind must have in this request. */
export function expectedNamespace(descriptor: ResourceDescriptor, context: RequestContext): string {
  return descriptor.scope === "Namespaced" ? context.namespace : "";
}

/** What is wrong with the metadata of an object that is to have such a name. */
export function metadataErrors(
  { scope }: ResourceDescriptor,
  metadata: ObjectMeta,
  names: NameRule,
): readonly FieldError[] {
  return validateObjectMeta("metadata", metadata, { namespaced: scope === "Namespaced", names });
}

/** What names new objects of the kind may have. */
function namesOf({ strategy }: ResourceDescriptor): NameRule {
  return strategy.names ?? dnsSubdomainName;
}

/**
 * Throws 422 where a new object is not valid in the version that it is served in, by its types, its tags or its author,
 * before it is converted into the version that is stored. What is wrong with its metadata is told with that.
 */
export function validateServed({ descriptor, hub }: ServedKind, object: KubeObject, context: RequestContext): void {
  ensureNamespace(object.metadata, expectedNamespace(descriptor, context));
  const errors = objectErrors(descriptor, object, undefined, context);
  if (errors.length > 0)
    throwInvalid(descriptor, object, [...metadataErrors(hub, object.metadata, namesOf(hub)), ...errors]);
}

/** A version of a kind that is served, and the one that is stored: its rules for metadata decide. */
export type ServedKind = Pick<StoredKind, "descriptor" | "hub">;

/** What is wrong with an object beside its metadata: by the types and tags of its version, then by its author. */
export function objectErrors(
  descriptor: ResourceDescriptor,
  object: KubeObject,
  old: KubeObject | undefined,
  context: RequestContext,
): readonly FieldError[] {
  const { strategy, subresources } = descriptor;
  return [
    ...descriptor.validate(object, old),
    ...(subresources.scale === undefined ? [] : scaleErrors(subresources.scale, object)),
    ...(strategy.validate?.(object, context) ?? []),
    ...(old === undefined ? [] : (strategy.validateUpdate?.(object, old, context) ?? [])),
  ];
}

/** Throws 422 with all that is wrong, if anything is. */
export function throwInvalid(descriptor: ResourceDescriptor, object: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject(descriptor.gvk, object.metadata.name ?? "", errors);
}

function requireSystemFields({ name, generateName, uid, creationTimestamp }: ObjectMeta): void {
  if (isUnset(uid) && isUnset(creationTimestamp)) throw internalError("system metadata was not initialized");
  if (!isUnset(generateName) && isUnset(name)) throw internalError("metadata.name was not generated");
}

function isUnset(text: string | null | undefined): boolean {
  return text === undefined || text === null || text === "";
}
