import { invalid, type FieldError } from "../meta/field-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { ScalePaths } from "../scheme/descriptor.ts";
import { integerAt } from "./field-path.ts";

const int32Max = 2 ** 31 - 1;

/** What is wrong with the numbers of replicas that an object has, where the scale subresource shows them. */
export function scaleErrors(
  { specReplicasPath, statusReplicasPath }: ScalePaths,
  object: KubeObject,
): readonly FieldError[] {
  return [...replicasErrors(object, specReplicasPath), ...replicasErrors(object, statusReplicasPath)];
}

function replicasErrors(object: KubeObject, path: string): readonly FieldError[] {
  const replicas = integerAt(object, path) ?? 0;
  // Kubernetes tells the path as the kind's author has written it, with its dot.
  if (replicas < 0) return [invalid(path, replicas, "should be a non-negative integer")];
  if (replicas > int32Max) return [invalid(path, replicas, `should be less than or equal to ${int32Max}`)];
  return [];
}
