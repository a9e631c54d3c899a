import type { KubeObject } from "../meta/v1.ts";
import { isNotFound } from "./kube-error.ts";
import type { ResourceClient } from "./resource-client.ts";

/**
 * Makes sure that an object has a finalizer, so that it stays after its deletion until that is removed. Gives the object
 * with it. Throws a KubeError with the code 409 where the object has changed meanwhile.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
 */
export async function addFinalizer<T extends KubeObject>(
  objects: ResourceClient<T>,
  object: T,
  finalizer: string,
): Promise<T> {
  const { finalizers = [] } = object.metadata;
  if (finalizers.includes(finalizer)) return object;
  return objects.patch(object.metadata, finalizersPatch(object, [...finalizers, finalizer]));
}

/**
 * Removes a finalizer from an object, which goes if it is deleted and that was the last. Gives the object without it;
 * undefined where it is gone already. Throws a KubeError with the code 409 where the object has changed meanwhile.
 */
export async function removeFinalizer<T extends KubeObject>(
  objects: ResourceClient<T>,
  object: T,
  finalizer: string,
): Promise<T | undefined> {
  const { finalizers = [] } = object.metadata;
  if (!finalizers.includes(finalizer)) return object;
  const others = finalizers.filter((each) => each !== finalizer);
  try {
    return await objects.patch(object.metadata, finalizersPatch(object, others));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

// A merge patch writes the list whole: without the revision it would undo what others have done to it.
function finalizersPatch({ metadata: { uid, resourceVersion } }: KubeObject, finalizers: readonly string[]): object {
  return { metadata: { uid, resourceVersion, finalizers } };
}
