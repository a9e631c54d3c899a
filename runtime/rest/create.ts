import type { WriteOptions } from "../meta/options.ts";
import type { KubeObject } from "../meta/v1.ts";
import { ensureNamespace, expectedNamespace, wipeSystemFields } from "../registry/before-create.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { mutate, validatingCheck } from "./admit.ts";
import { decodeBody } from "./decode-body.ts";
import { dropDuplicateOwners } from "./owner-references.ts";
import { storageWith } from "./served-verb.ts";
import type { RequestBody, ResourceTarget } from "./target.ts";
import { trackFields, withoutManagedFields, writeEvenIfLarge } from "./track-fields.ts";

/** Creates the object that a body holds. Throws 409 if there is one of its name. */
export async function createObject(
  target: ResourceTarget,
  context: RequestContext,
  body: RequestBody,
  options: WriteOptions,
): Promise<KubeObject> {
  const storage = storageWith(target.storage, "create");
  const object = decodeBody(target, context, body, options.fieldValidation);
  wipeSystemFields(object.metadata);
  ensureNamespace(object.metadata, expectedNamespace(target.descriptor, context));
  dropDuplicateOwners(object, context);
  const write = { target, context, name: object.metadata.name ?? "", options };
  const admitted = await mutate(write, trackFields(write, object, undefined), undefined);
  return writeEvenIfLarge((tracking) =>
    storage.create(
      context,
      tracking === "tracked" ? admitted : withoutManagedFields(admitted),
      validatingCheck(write),
      options,
    ),
  );
}
