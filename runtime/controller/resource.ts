import type { ObjectMeta } from "../meta/v1.ts";

/** A resource of the cluster, as its URLs name it. */
export interface Resource {
  /** Empty for the core group, which has ConfigMaps and Pods. */
  readonly group: string;
  readonly version: string;
  /** Such as `cats`. */
  readonly plural: string;
}

/** Where an object is; an object's own metadata tell it, too. Objects outside namespaces have none. */
export interface Place {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
}

/** The path of a resource's collection, within a namespace if there is one. */
export function collectionPath({ group, version, plural }: Resource, namespace: string | undefined): string {
  const api = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === undefined ? `${api}/${plural}` : `${api}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

/** The path of an object, or of a subresource of it. Throws where the name is missing. */
export function objectPath(resource: Resource, { name, namespace }: Place, subresource?: string): string {
  if (name === undefined || name === "") throw new Error(`an object of ${resource.plural} has no name`);
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** The `apiVersion` of a resource's objects. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === "" ? version : `${group}/${version}`;
}

/** What names an object in stores and queues: `namespace/name`, or the name alone. */
export function keyOf({ name = "", namespace }: Pick<ObjectMeta, "name" | "namespace"> | Place): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The place that a key names. */
export function placeOf(key: string): { readonly name: string; readonly namespace: string | undefined } {
  const slash = key.indexOf("/");
  return slash === -1
    ? { name: key, namespace: undefined }
    : { name: key.slice(slash + 1), namespace: key.slice(0, slash) };
}
