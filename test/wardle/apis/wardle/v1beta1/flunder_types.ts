import type { KubeObject } from "apiserver-ts/meta/v1";

/** FlunderSpec is the specification of a Flunder. */
export interface FlunderSpec {
  /** A name of another flunder, mutually exclusive to the FischerReference. */
  flunderReference?: string;
  /** A name of a fischer, mutually exclusive to the FlunderReference. */
  fischerReference?: string;
  /** The reference type. */
  referenceType?: string;
}

/** FlunderStatus is the status of a Flunder. */
export interface FlunderStatus {}

/**
 * Flunder is an example type with a spec and a status.
 *
 * +genclient
 */
export interface Flunder extends KubeObject {
  spec: FlunderSpec;
  status: FlunderStatus;
}
