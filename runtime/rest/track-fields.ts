import { trackUpdate, type FieldManagerOptions } from "../apply/field-manager.ts";
import { decodeManagedFields } from "../apply/managed-fields.ts";
import { isLargerThan } from "../apply/value.ts";
import type { WriteOptions } from "../meta/options.ts";
import { StatusError } from "../meta/status-error.ts";
import { formatTime } from "../meta/time.ts";
import type { KubeObject, ManagedFieldsEntry } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { decodedAs } from "../scheme/decoded-objects.ts";
import { zeroObject } from "../scheme/zero-object.ts";
import { asJson, type KindSchemas } from "./kind-schemas.ts";
import type { ResourceTarget } from "./target.ts";

/** A write whose fields get an owner. */
interface OwnedWrite {
  readonly target: ResourceTarget;
  readonly context: RequestContext;
  readonly options: WriteOptions;
}

/**
 * How many members and items an object may have in it for their owners to be told: to write down more would take longer
 * than others should wait, and more room than the object itself.
 */
export const trackedPartsMax = 100_000;

/**
 * The object with managedFields that tell what the writer has changed. `old` is undefined on create. An object whose
 * owners cannot be told has no managedFields: that never keeps anybody from writing it.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export function trackFields(
  { target, context, options }: OwnedWrite,
  object: KubeObject,
  old: KubeObject | undefined,
): KubeObject {
  const { schemas, descriptor } = target;
  if (schemas === undefined) return object;
  if (isLargerThan(asJson(object), trackedPartsMax)) return withoutManagedFields(object);
  try {
    const live = asJson(old ?? zeroObject(descriptor));
    // What tracking makes of an object differs from it in managedFields alone.
    const tracked: object = trackUpdate(fieldManagerAt(schemas, context), live, asJson(object), options.fieldManager);
    return decodedAs(object, tracked as KubeObject);
  } catch {
    return withoutManagedFields(object);
  }
}

/** How owners are kept track of, by the clock of a request. */
export function fieldManagerAt(schemas: KindSchemas, context: RequestContext): FieldManagerOptions {
  return { ...schemas.fieldManager(), now: () => formatTime(context.now()) };
}

/** Puts back the managedFields from before admission where those that it left cannot be read, and warns of that. */
export function keepReadableManagedFields(
  object: KubeObject,
  before: ManagedFieldsEntry[] | undefined,
  context: RequestContext,
): void {
  const { managedFields } = object.metadata;
  if (managedFields === undefined) return;
  try {
    decodeManagedFields(managedFields);
  } catch (error) {
    if (before === undefined) delete object.metadata.managedFields;
    else object.metadata.managedFields = before;
    const why = error instanceof Error ? error.message : String(error);
    context.warn(
      `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${why}`,
    );
  }
}

/**
 * Tries a write, and once more without managedFields where the object is too large to be stored: they can be as large as
 * all the rest, and it can do without them.
 */
export async function writeEvenIfLarge<Result>(
  write: (tracking: "tracked" | "untracked") => Promise<Result>,
): Promise<Result> {
  try {
    return await write("tracked");
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.reason !== "RequestEntityTooLarge") throw error;
    return write("untracked");
  }
}

/** The object without managedFields. */
export function withoutManagedFields(object: KubeObject): KubeObject {
  const metadata = { ...object.metadata };
  delete metadata.managedFields;
  return decodedAs(object, { ...object, metadata });
}
