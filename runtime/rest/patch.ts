import type { PatchOptions } from "../meta/options.ts";
import { conflict, notFound, unsupportedMediaType, type GroupResource } from "../meta/status-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import { arrange } from "../registry/arrange.ts";
import { ensureNamespace, expectedNamespace } from "../registry/before-create.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { mutate } from "./admit.ts";
import { requireName } from "./object-name.ts";
import { appliedObject } from "./patch/apply-patch.ts";
import { applyJsonPatch } from "./patch/json-patch.ts";
import { applyMergePatch } from "./patch/merge-patch.ts";
import { patchedObject } from "./patch/patched-object.ts";
import type { PatchApplier, PatchedValue } from "./patch/patched-value.ts";
import { strategicPatch } from "./patch/strategic-patch.ts";
import { storageWith } from "./served-verb.ts";
import { bodyKindOf, type PatchBody, type ResourceTarget } from "./target.ts";
import { trackFields, withoutManagedFields, writeEvenIfLarge } from "./track-fields.ts";
import { updateCheck, type Written } from "./update.ts";

/** A patch of one object, as all that takes part in it is told of it. */
interface Patch {
  readonly target: ResourceTarget;
  readonly context: RequestContext;
  readonly name: string;
  readonly options: PatchOptions;
  readonly body: PatchBody;
}

/** Makes the object that a patch is to leave. `old` is undefined where there is none yet. */
type Patcher = (old: KubeObject | undefined, tracking: "tracked" | "untracked") => KubeObject;

/**
 * Patches the object of that name; again on the newer one if another write comes first. Where there is none, apply
 * creates it, and others throw 404.
 */
export async function patchObject(
  target: ResourceTarget,
  context: RequestContext,
  name: string,
  body: PatchBody,
  options: PatchOptions,
): Promise<Written> {
  const storage = storageWith(target.storage, "update");
  const patch: Patch = { target, context, name, options, body };
  const patcher = patcherOf(patch);
  const updateOptions = { ...options, forceAllowCreate: body.type === "apply" };
  const write = (tracking: "tracked" | "untracked"): Promise<Written> => {
    const transform = async (old: KubeObject | undefined): Promise<KubeObject> => {
      const object = patcher(old, tracking);
      requirePlace(patch, object, old);
      return mutate(patch, object, old);
    };
    return storage.update(context, name, transform, updateCheck(patch), updateOptions);
  };
  // Without managedFields there is no apply.
  return body.type === "apply" ? write("tracked") : writeEvenIfLarge(write);
}

function patcherOf(patch: Patch): Patcher {
  const { target, body } = patch;
  const { schemas } = target;
  switch (body.type) {
    case "json":
      return patcherBy(patch, applyJsonPatch);
    case "merge":
      return patcherBy(patch, applyMergePatch);
    case "strategic":
      if (schemas === undefined) throw unservedPatch();
      return patcherBy(patch, strategicPatch(schemas.patchSchema()));
    case "apply":
      if (schemas === undefined) throw unservedPatch();
      return (old) => appliedObject({ ...patch, ...bodyKindOf(target), schemas, bytes: body.bytes }, old);
  }
}

function patcherBy(patch: Patch, applier: PatchApplier): Patcher {
  const { target, context, name, options, body } = patch;
  const { descriptor } = bodyKindOf(target);
  const decoding = { target, context, validation: options.fieldValidation };
  return (old, tracking) => {
    if (old === undefined) throw notFound(resourceOf(target), name);
    const { resourceVersion } = old.metadata;
    // Patches see, and refusals tell, the fields in the order in which they are answered.
    const current = (): KubeObject => arrange(descriptor.deepCopy(old), resourceVersion);
    const apply = (): PatchedValue => applier(current(), body.bytes, options.fieldValidation);
    const object = patchedObject(decoding, apply);
    return tracking === "tracked" ? trackFields(patch, object, old) : withoutManagedFields(object);
  };
}

/** Throws unless the object is where the URL says, and is not meant to be one that is not there. */
function requirePlace({ target, context, name }: Patch, object: KubeObject, old: KubeObject | undefined): void {
  const { uid = "" } = object.metadata;
  if (old === undefined && uid !== "") {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(resourceOf(target), name, why);
  }
  ensureNamespace(object.metadata, expectedNamespace(target.descriptor, context));
  requireName(object, name);
}

function resourceOf({ descriptor: { gvk, names } }: ResourceTarget): GroupResource {
  return { group: gvk.group, resource: names.plural };
}

function unservedPatch(): Error {
  return unsupportedMediaType(
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json",
  );
}
