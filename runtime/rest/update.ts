import type { WriteOptions } from "../meta/options.ts";
import { internalError } from "../meta/status-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import { ensureNamespace, expectedNamespace } from "../registry/before-create.ts";
import type { UpdateCheck } from "../registry/rest-storage.ts";
import { decodedAs } from "../scheme/decoded-objects.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { mutate, validatingCheck, type AdmittedWrite } from "./admit.ts";
import { decodeBody } from "./decode-body.ts";
import { requireName } from "./object-name.ts";
import { dropDuplicateOwners } from "./owner-references.ts";
import { storageWith } from "./served-verb.ts";
import { bodyKindOf, type RequestBody, type ResourceTarget } from "./target.ts";
import { trackFields, withoutManagedFields, writeEvenIfLarge } from "./track-fields.ts";

/** An object as an update or patch has left it. */
export interface Written {
  readonly object: KubeObject;
  readonly created: boolean;
}

/** Puts the object that a body holds in the place of the one of that name; creates it where the kind allows that. */
export async function updateObject(
  target: ResourceTarget,
  context: RequestContext,
  name: string,
  body: RequestBody,
  options: WriteOptions,
): Promise<Written> {
  const storage = storageWith(target.storage, "update");
  const kind = bodyKindOf(target).descriptor;
  const object = decodeBody(target, context, body, options.fieldValidation);
  ensureNamespace(object.metadata, expectedNamespace(target.descriptor, context));
  requireName(object, name);
  dropDuplicateOwners(object, context);
  const write: AdmittedWrite = { target, context, name, options };
  const { uid } = object.metadata;
  return writeEvenIfLarge((tracking) => {
    const transform = (old: KubeObject | undefined): Promise<KubeObject> => {
      // Each attempt gets a copy, since admission may change it.
      const copy = decodedAs(object, kind.deepCopy(object));
      return mutate(write, tracking === "tracked" ? trackFields(write, copy, old) : withoutManagedFields(copy), old);
    };
    return storage.update(context, name, transform, updateCheck(write), {
      ...options,
      forceAllowCreate: false,
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    });
  });
}

const cannotAuthorize = "no authorizer provided, unable to authorize a create on update";

/** Who is asked before an update is stored: those of a create too, with the right to create, where it turns out to be one. */
export function updateCheck(write: AdmittedWrite): UpdateCheck<KubeObject> {
  const { target, context, name } = write;
  const validate = validatingCheck(write);
  return {
    create: async (object, old) => {
      if (target.authorizeCreate === undefined) throw internalError(cannotAuthorize);
      await target.authorizeCreate(context, name);
      await validate(object, old);
    },
    update: validate,
  };
}
