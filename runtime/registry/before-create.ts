import { invalidObject, badRequest, internalError } from "../meta/status-error.ts";
import { validateObjectMeta } from "../meta/object-meta-validation.ts";
import { dnsSubdomainName } from "../meta/names.ts";
import { formatTime } from "../meta/time.ts";
import type { KubeObject, ObjectMeta } from "../meta/v1.ts";
import type { FieldError } from "../meta/field-error.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { resetStatus } from "./status-part.ts";

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
    ...metadataErrors(descriptor, metadata),
    ...descriptor.validate(object, undefined),
    ...(strategy.validate?.(object, context) ?? []),
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

/** What is wrong with the metadata of an object, new or changed. */
export function metadataErrors(descriptor: ResourceDescriptor, metadata: ObjectMeta): readonly FieldError[] {
  return validateObjectMeta("metadata", metadata, {
    namespaced: descriptor.scope === "Namespaced",
    names: descriptor.strategy.names ?? dnsSubdomainName,
  });
}

/**
 * Throws 422 where an object is not valid by the types and tags of its own version, before it is converted. What is wrong
 * with its metadata is told with that.
 */
export function validateServed(
  descriptor: ResourceDescriptor,
  object: KubeObject,
  old: KubeObject | undefined,
  context: RequestContext,
): void {
  ensureNamespace(object.metadata, expectedNamespace(descriptor, context));
  const errors = descriptor.validate(object, old);
  if (errors.length > 0) throwInvalid(descriptor, object, [...metadataErrors(descriptor, object.metadata), ...errors]);
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
