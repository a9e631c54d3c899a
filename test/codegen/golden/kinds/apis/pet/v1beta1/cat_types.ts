import type { KubeObject } from "apiserver-ts/meta/v1";

/** +kubebuilder:deprecatedversion */
export interface BlackCat extends KubeObject {
  luck?: string;
}

/** +kubebuilder:deprecatedversion:warning="no more, wolves" */
export interface Bear extends KubeObject {}

/** +k8s:prerelease-lifecycle-gen:introduced=1.9 */
export interface Cub extends KubeObject {}
