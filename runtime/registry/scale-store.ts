import { goQuote } from "../meta/field-error.ts";
import { badRequest, internalError, notFound } from "../meta/status-error.ts";
import type { KubeObject, ManagedFieldsEntry } from "../meta/v1.ts";
import type { ScalePaths } from "../scheme/descriptor.ts";
import { integerAt, setAt } from "./field-path.ts";
import type { RestStorage, UpdateCheck } from "./rest-storage.ts";
import { scaleOf, type Scale } from "./scale.ts";
import type { Store } from "./store.ts";

/**
 * Stands for a number of replicas that the object does not have, so that a patch of something else can be told from one
 * that asks for none. Whoever asks for just so many is told the same.
 */
const notSet = -(2 ** 31);

/** Who owns the number of replicas, as the managedFields of an object and as those of its scale. */
export interface ScaleOwners {
  ofScale(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[];
  afterScale(entries: readonly ManagedFieldsEntry[], scaleEntries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[];
}

/**
 * Serves the scale of a store's objects: an update changes the number of replicas that is wished for, and nothing else
 * but who owns it; that stays as it was where there are no `owners`.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#scale-subresource
 */
export function scaleStore(
  store: Store,
  paths: ScalePaths,
  owners?: ScaleOwners,
): Required<Pick<RestStorage<Scale>, "get" | "update">> {
  const { specReplicasPath } = paths;
  const scaleNow = (object: KubeObject): Scale => scaleOf(object, paths, integerAt(object, specReplicasPath) ?? 0);
  return {
    async get(context, name, options) {
      const object = await store.get(context, name, options);
      if (integerAt(object, specReplicasPath) !== undefined) return scaleNow(object);
      throw internalError(`the spec replicas field ${goQuote(specReplicasPath)} does not exist`);
    },
    async update(context, name, transform, check, options) {
      const scaled = async (old: KubeObject | undefined): Promise<KubeObject> => {
        if (old === undefined) throw notFound(store.kind.resource, name);
        const before = integerAt(old, specReplicasPath) ?? notSet;
        const scale = await transform(owned(scaleOf(old, paths, before), old, owners));
        const object = withReplicas(store.kind.descriptor.deepCopy(old), scale, specReplicasPath);
        const { managedFields = [] } = old.metadata;
        if (owners !== undefined) {
          object.metadata.managedFields = owners.afterScale(managedFields, scale.metadata.managedFields ?? []);
        }
        return object;
      };
      const result = await store.update(context, name, scaled, checkOfScale(check, scaleNow), options);
      return { object: scaleNow(result.object), created: false };
    },
  };
}

/** The scale of an object with its owners, for writers who have to mind them; readers are not told. */
function owned(scale: Scale, { metadata }: KubeObject, owners: ScaleOwners | undefined): Scale {
  if (owners === undefined || metadata.managedFields === undefined) return scale;
  return { ...scale, metadata: { ...scale.metadata, managedFields: owners.ofScale(metadata.managedFields) } };
}

function withReplicas(object: KubeObject, { metadata, spec }: Scale, path: string): KubeObject {
  const { replicas = 0 } = spec;
  if (replicas === notSet) throw badRequest(`the spec replicas field ${goQuote(path)} cannot be empty`);
  setAt(object, path, replicas);
  // Who says which version the number was worked out from wants no other to be changed.
  const { resourceVersion = "" } = metadata;
  if (resourceVersion !== "") object.metadata.resourceVersion = resourceVersion;
  return object;
}

function checkOfScale(check: UpdateCheck<Scale>, scaleNow: (object: KubeObject) => Scale): UpdateCheck<KubeObject> {
  return {
    create: (object) => check.create(scaleNow(object), undefined),
    update: (object, old) => check.update(scaleNow(object), old === undefined ? undefined : scaleNow(old)),
  };
}
