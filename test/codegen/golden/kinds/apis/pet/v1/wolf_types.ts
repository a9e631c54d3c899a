import type { KubeObject } from "apiserver-ts/meta/v1";

/**
 * Wolf has only names that follow from its own.
 * +genclient:nonNamespaced
 */
export interface Wolf extends KubeObject {}

export interface Pony extends KubeObject {}

/** +k8s:prerelease-lifecycle-gen:introduced=1.9 */
export interface Fox extends KubeObject {}

/** +kubebuilder:resource:scope=Cluster */
export interface Mouse extends KubeObject {}
