import type { GroupVersion } from "../model/model.ts";

/** How an API server is run in a cluster. */
export interface Deployment {
  /** What its objects are called, such as `skai-demo`. */
  readonly name: string;
  readonly namespace: string;
  /** The image with its tag or digest, such as `registry.example/skai-demo:0.0.1`. */
  readonly image: string;
  readonly serviceAccount: string;
  /** Names of Secrets that the image is pulled with. */
  readonly imagePullSecrets: readonly string[];
  readonly storage: DeployedStorage;
  readonly certificates: DeployedCertificates;
  /** Whether the Prometheus operator is to scrape it. */
  readonly serviceMonitor: boolean;
  /** Flags that the server gets besides those that follow from the rest. */
  readonly serverFlags: readonly string[];
}

/** Where the server keeps objects: in a volume of its own, in an etcd that is there, or in one that is deployed with it. */
export type DeployedStorage =
  | { readonly kind: "embedded"; readonly storageClass: string | undefined; readonly size: string }
  | { readonly kind: "etcd"; readonly servers: readonly string[] }
  | {
      readonly kind: "own-etcd";
      readonly image: string;
      readonly storageClass: string | undefined;
      readonly size: string;
    };

/** Who makes the serving certificate: this command, with the authorities in PEM that the APIService trusts, or cert-manager. */
export type DeployedCertificates =
  | { readonly kind: "local"; readonly caBundle: string; readonly certificate: string; readonly key: string }
  | { readonly kind: "cert-manager" };

/** A Kubernetes object as it is written into a file. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** What is deployed, and the APIs that it serves. */
export interface Deployed {
  readonly deployment: Deployment;
  /** Sorted by group, then by version priority. */
  readonly groupVersions: readonly GroupVersion[];
}

/** The port that the server listens on in its pod: one that takes no rights. */
export const containerPort = 8443;

/** The labels of everything that is deployed. */
export function labelsOf({ name }: Deployment): Readonly<Record<string, string>> {
  return { "app.kubernetes.io/managed-by": "apiserver-boot", ...selectorOf(name, "apiserver") };
}

/** The labels by which pods of a component are found; they never change. */
export function selectorOf(name: string, component: string): Readonly<Record<string, string>> {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/component": component };
}

/** The metadata of an object in the server's namespace. */
export function namespaced(deployment: Deployment, name: string): Manifest["metadata"] {
  return { name, namespace: deployment.namespace, labels: labelsOf(deployment) };
}

/** The metadata of an object of the whole cluster. */
export function clusterWide(deployment: Deployment, name: string): Manifest["metadata"] {
  return { name, labels: labelsOf(deployment) };
}

/** The name of the Secret with the serving certificate. */
export function servingSecret({ name }: Deployment): string {
  return `${name}-serving`;
}

/** Text as Secrets and certificate bundles hold it. */
export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
