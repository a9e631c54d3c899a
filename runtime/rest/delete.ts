import type { DeleteOptions } from "../meta/options.ts";
import type { KubeObject, Status } from "../meta/v1.ts";
import type { Check } from "../registry/rest-storage.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { storageWith } from "./served-verb.ts";
import type { ResourceTarget } from "./target.ts";

/** What a deletion has come to. */
interface DeletionAnswer {
  /** A Status if the object is gone; the object if something keeps it for now. */
  readonly answer: KubeObject | Status;
  readonly deleted: boolean;
  readonly code: 200 | 202;
}

/** Deletes one object, or marks it for deletion. Throws 404 if there is none. */
export async function deleteObject(
  target: ResourceTarget,
  context: RequestContext,
  name: string,
  options: DeleteOptions,
): Promise<DeletionAnswer> {
  const storage = storageWith(target.storage, "delete");
  const { object, deleted } = await storage.delete(context, name, deleteCheck(target, context, name, options), options);
  if (deleted) return { answer: successOf(target, object), deleted, code: 200 };
  // Old clients know by this code that their cascading deletion goes on.
  return { answer: object, deleted, code: options.orphanDependents === false ? 202 : 200 };
}

/** The check that asks validating admission about a deletion. `name` is empty for collections. */
export function deleteCheck(
  { admission, descriptor, subresource }: ResourceTarget,
  context: RequestContext,
  name: string,
  options: DeleteOptions,
): Check<KubeObject> {
  return async (old) => {
    await admission?.validate({ operation: "DELETE", descriptor, subresource, name, old, options }, context);
  };
}

function successOf({ descriptor: { gvk, names } }: ResourceTarget, { metadata: { name, uid } }: KubeObject): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      ...(name === undefined ? {} : { name }),
      ...(gvk.group === "" ? {} : { group: gvk.group }),
      kind: names.plural,
      ...(uid === undefined ? {} : { uid }),
    },
  };
}
