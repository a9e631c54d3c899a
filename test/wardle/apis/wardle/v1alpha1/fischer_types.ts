import type { KubeObject } from "apiserver-ts/meta/v1";

/**
 * +genclient
 * +genclient:nonNamespaced
 * +kubebuilder:resource:scope=Cluster
 * +k8s:prerelease-lifecycle-gen:introduced=1.0
 * +k8s:prerelease-lifecycle-gen:removed=1.10
 */
export interface Fischer extends KubeObject {
  /**
   * DisallowedFlunders holds a list of Flunder.Names that are disallowed.
   * +k8s:listType=atomic
   */
  disallowedFlunders?: string[];
}
