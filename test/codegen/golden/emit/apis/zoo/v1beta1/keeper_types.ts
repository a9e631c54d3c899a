import type { Int32, KubeObject } from "apiserver-ts/meta/v1";

/**
 * Keeper looks after animals.
 *
 * +kubebuilder:resource:path=keepers,scope=Cluster
 * +k8s:prerelease-lifecycle-gen:introduced=1.30
 * +k8s:prerelease-lifecycle-gen:deprecated=1.33
 * +k8s:prerelease-lifecycle-gen:removed=1.40
 * +k8s:prerelease-lifecycle-gen:replacement=zoo.example.com,v1,Keeper
 */
export interface Keeper extends KubeObject {
  /** years of service. */
  years?: Int32;
}
