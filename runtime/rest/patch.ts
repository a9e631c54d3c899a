import type { PatchOptions } from "../meta/options.ts";
import { notFound, unsupportedMediaType } from "../meta/status-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import { ensureNamespace, expectedNamespace } from "../registry/before-create.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { mutate, type AdmittedWrite } from "./admit.ts";
import { requireName } from "./object-name.ts";
import { applyJsonPatch } from "./patch/json-patch.ts";
import { applyMergePatch } from "./patch/merge-patch.ts";
import { patchedObject } from "./patch/patched-object.ts";
import type { PatchApplier, PatchedValue } from "./patch/patched-value.ts";
import { storageWith } from "./served-verb.ts";
import type { PatchBody, PatchType, ResourceTarget } from "./target.ts";
import { updateCheck, type Written } from "./update.ts";

/** How each kind of patch is applied; undefined where it is not served. */
const appliers: Readonly<Record<PatchType, PatchApplier | undefined>> = {
  json: applyJsonPatch,
  merge: applyMergePatch,
  strategic: undefined,
  apply: undefined,
};

/** Patches the object of that name; again on the newer one if another write comes first. Throws 404 if there is none. */
export async function patchObject(
  target: ResourceTarget,
  context: RequestContext,
  name: string,
  patch: PatchBody,
  options: PatchOptions,
): Promise<Written> {
  const storage = storageWith(target.storage, "update");
  const applier = applierOf(patch.type);
  const write: AdmittedWrite = { target, context, name, options };
  const { descriptor } = target;
  const decoding = { target, context, validation: options.fieldValidation };
  const transform = async (old: KubeObject | undefined): Promise<KubeObject> => {
    if (old === undefined) throw notFound({ group: descriptor.gvk.group, resource: descriptor.names.plural }, name);
    const apply = (): PatchedValue => applier(descriptor.deepCopy(old), patch.bytes, options.fieldValidation);
    const object = patchedObject(decoding, apply);
    ensureNamespace(object.metadata, expectedNamespace(descriptor, context));
    requireName(object, name);
    return mutate(write, object, old);
  };
  return storage.update(context, name, transform, updateCheck(write), { ...options, forceAllowCreate: false });
}

function applierOf(type: PatchType): PatchApplier {
  const applier = appliers[type];
  if (applier !== undefined) return applier;
  throw unsupportedMediaType(
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json",
  );
}
