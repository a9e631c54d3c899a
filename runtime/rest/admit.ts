import { sameJson } from "../meta/equality.ts";
import type { WriteOptions } from "../meta/options.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { Check } from "../registry/rest-storage.ts";
import { forgetDecoded } from "../scheme/decoded-objects.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import type { Admission, MutableRequest } from "../admission/admission.ts";
import { afterAdmission, dropDuplicateOwners } from "./owner-references.ts";
import { bodyKindOf, type ResourceTarget } from "./target.ts";
import { keepReadableManagedFields } from "./track-fields.ts";

/** A write of one object, as admission is told of it. */
export interface AdmittedWrite {
  readonly target: ResourceTarget;
  readonly context: RequestContext;
  readonly name: string;
  readonly options: WriteOptions;
}

/** Lets mutating admission at an object that is to be created, or to take the place of `old`. Gives the object to go on with. */
export async function mutate(
  write: AdmittedWrite,
  object: KubeObject,
  old: KubeObject | undefined,
): Promise<KubeObject> {
  const { target, context } = write;
  const { admission } = target;
  const mutated =
    admission === undefined || admission.mutates === false ? object : await mutatedBy(admission, write, object, old);
  dropDuplicateOwners(mutated, context, afterAdmission);
  return mutated;
}

// Plugins that may change objects get a copy: most change nothing, and then all that is known of the object still holds,
// which saves far more than it costs to find out.
async function mutatedBy(
  admission: Admission,
  write: AdmittedWrite,
  object: KubeObject,
  old: KubeObject | undefined,
): Promise<KubeObject> {
  const { descriptor } = write.target;
  const mayChange = (): boolean => admission.mayChange?.(descriptor) ?? true;
  const couldChange = mayChange();
  const { managedFields } = object.metadata;
  const offered = couldChange ? bodyKindOf(write.target).descriptor.deepCopy(object) : object;
  const mutated = await admission.mutate(requestOf(write, offered, old), write.context);
  if (couldChange ? sameJson(mutated, object) : !mayChange()) return object;
  forgetDecoded(mutated);
  keepReadableManagedFields(mutated, managedFields, write.context);
  return mutated;
}

/** The check that asks validating admission. */
export function validatingCheck(write: AdmittedWrite): Check<KubeObject> {
  const { target, context } = write;
  return async (object, old) => {
    await target.admission?.validate(requestOf(write, object, old), context);
  };
}

function requestOf(
  { target, name, options }: AdmittedWrite,
  object: KubeObject,
  old: KubeObject | undefined,
): MutableRequest {
  const { descriptor, subresource } = target;
  const { descriptor: objectKind } = bodyKindOf(target);
  const write = { descriptor, subresource, objectKind, name, object, options };
  return old === undefined ? { operation: "CREATE", ...write } : { operation: "UPDATE", ...write, old };
}
