import type { Int32, KubeObject } from "../meta/v1.ts";
import type { ScalePaths } from "../scheme/descriptor.ts";
import { arrange } from "./arrange.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { integerAt, textAt } from "./field-path.ts";

/**
 * How many there are, and are to be, of what an object stands for.
 * https://kubernetes.io/docs/reference/kubernetes-api/autoscaling-resources/scale-v1/
 */
export interface Scale extends KubeObject {
  /** What is wished; 0 where it is left out. */
  spec: { replicas?: Int32 };
  /** What is. The selector finds the pods, as `kubectl get --selector` takes it. */
  status: { replicas: Int32; selector?: string };
}

/** The scale of an object, frozen: as that of an object that wishes for `replicas`, whatever it does wish for. */
export function scaleOf(object: KubeObject, paths: ScalePaths, replicas: number): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.labelSelectorPath === undefined ? undefined : textAt(object, paths.labelSelectorPath);
  const scale: Scale = {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: integerAt(object, paths.statusReplicasPath) ?? 0,
      ...(selector === undefined || selector === "" ? {} : { selector }),
    },
  };
  return deepFreeze({ ...scale, ...arrange(scale, resourceVersion) });
}
