/**
 * What was found out about one APIService, and all that it depends on. What this user may not look at is named in
 * `unseen`, and stands here as if it were well.
 */
export interface Facts {
  readonly now: Date;
  /** Such as `v1alpha1.animal.skai.io`. */
  readonly name: string;
  readonly apiService: ApiServiceFacts | undefined;
  readonly namespaceExists: boolean;
  readonly service: ServiceFacts | undefined;
  /** How many addresses the service leads to. */
  readonly endpoints: { readonly ready: number; readonly notReady: number };
  readonly workload: WorkloadFacts | undefined;
  readonly pods: readonly PodFacts[];
  /** The Secret that the pods have their serving certificate from. */
  readonly secret: SecretFacts | undefined;
  readonly serviceAccountExists: boolean;
  readonly rights: readonly RightFacts[];
  readonly discovery: DiscoveryFacts;
  /** What the project's own files say, where there is a project. */
  readonly expected: ExpectedFacts | undefined;
  /** Names of CustomResourceDefinitions that serve the same group and version. */
  readonly customResources: readonly string[];
  /** Versions of the group that the cluster is told of. */
  readonly versionsInCluster: readonly string[];
  /** Namespaces that cannot go while the group's APIs cannot be listed. */
  readonly stuckNamespaces: readonly string[];
  /** What this user may not look at, in words. */
  readonly unseen: readonly string[];
}

/** https://kubernetes.io/docs/reference/kubernetes-api/apiregistration-v1/api-service-v1/ */
export interface ApiServiceFacts {
  readonly group: string;
  readonly version: string;
  /** Undefined where kube-apiserver serves the group itself. */
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number } | undefined;
  /** PEM; empty where there is none. */
  readonly caBundle: string;
  readonly skipsVerification: boolean;
  readonly available: string;
  readonly reason: string;
  readonly message: string;
}

/** https://kubernetes.io/docs/concepts/services-networking/service/ */
export interface ServiceFacts {
  readonly type: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly port: number; readonly targetPort: number | string }[];
}

/** The Deployment that the service's selector finds. */
export interface WorkloadFacts {
  readonly name: string;
  readonly image: string;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly serviceAccount: string;
  readonly secretName: string | undefined;
  /** What its conditions complain of. */
  readonly complaint: string | undefined;
}

/** A pod that is not ready, and why. */
export interface PodFacts {
  readonly name: string;
  readonly reason: string;
  readonly message: string;
}

/** A Secret with a serving certificate. */
export interface SecretFacts {
  readonly name: string;
  /** PEM; undefined where the Secret is not there, or has no tls.crt. */
  readonly certificate: string | undefined;
}

/** A right that the server cannot do without, and whether its service account has it. */
export interface RightFacts {
  readonly what: string;
  readonly role: string;
  /** Undefined where this user may not ask. */
  readonly allowed: boolean | undefined;
}

/** What kube-apiserver gives for the group version: its resources, or why there is no answer. */
export type DiscoveryFacts =
  | { readonly kind: "answer"; readonly groupVersion: string; readonly resources: readonly string[] }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "not asked" };

/** What the project's own files say. */
export interface ExpectedFacts {
  readonly service: { readonly namespace: string; readonly name: string; readonly port: number } | undefined;
  readonly resources: readonly string[];
  /** Versions of the group that the project serves. */
  readonly versions: readonly string[];
}
