/**
 * What a Lease tells of an election.
 * https://kubernetes.io/docs/reference/kubernetes-api/coordination-k8s-io/lease-v1/
 */
export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** Where the Lease of an election is kept. Each function throws where that is not reached, or has changed. */
export interface LeaseLock {
  /** Undefined where there is none yet. */
  read(): Promise<LeaseSpec | undefined>;
  create(spec: LeaseSpec): Promise<void>;
  /** Replaces what was read, created or replaced last, if nobody else has replaced it since. */
  replace(spec: LeaseSpec): Promise<void>;
}
