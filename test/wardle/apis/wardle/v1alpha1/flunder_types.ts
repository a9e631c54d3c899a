import type { KubeObject } from "apiserver-ts/meta/v1";

export interface FlunderSpec {
  /** A name of another flunder or fischer, depending on the reference type. */
  reference?: string;
  /** The reference type, defaults to "Flunder" if reference is set. */
  referenceType?: string;
}

export interface FlunderStatus {}

/**
 * +genclient
 * +kubebuilder:storageversion
 * +k8s:prerelease-lifecycle-gen:introduced=1.0
 * +k8s:prerelease-lifecycle-gen:removed=1.10
 */
export interface Flunder extends KubeObject {
  spec: FlunderSpec;
  status: FlunderStatus;
}
