import type { Int32, KubeObject } from "apiserver-ts/meta/v1";

/**
 * Keeper looks after animals. Nothing of it is checked.
 *
 * +kubebuilder:resource:path=keepers,scope=Cluster
 * +kubebuilder:storageversion
 */
export interface Keeper extends KubeObject {
  /** years of service. */
  years?: Int32;
}
