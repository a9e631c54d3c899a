import type { KubeObject } from "apiserver-ts/meta/v1";

/** FlunderSpec is the specification of a Flunder. */
export interface FlunderSpec {
  /** A name of another flunder or fischer, depending on the reference type. */
  reference?: string;
  /** The reference type, defaults to "Flunder" if reference is set. */
  referenceType?: string;
}

/** FlunderStatus is the status of a Flunder. */
export interface FlunderStatus {}

/**
 * Flunder is an example type with a spec and a status.
 *
 * +genclient
 * +kubebuilder:storageversion
 * +k8s:prerelease-lifecycle-gen:introduced=1.0
 * +k8s:prerelease-lifecycle-gen:removed=1.10
 */
export interface Flunder extends KubeObject {
  spec: FlunderSpec;
  status: FlunderStatus;
}
