import { clusterWide, containerPort, namespaced, selectorOf, type Deployment, type Manifest } from "./deployment.ts";

/** Namespaces that are there in every cluster, and outlive whatever is deployed into them. */
const builtIn: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public", "kube-node-lease"]);

/** The namespace, unless every cluster has it; its pods keep to the strictest of the pod security standards. */
export function namespaceOf(deployment: Deployment): Manifest[] {
  const { namespace } = deployment;
  if (builtIn.has(namespace)) return [];
  const metadata = clusterWide(deployment, namespace);
  const security = { "pod-security.kubernetes.io/enforce": "restricted" };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { ...metadata, labels: { ...metadata.labels, ...security } } },
  ];
}

/** Who reaches the server's pods: anybody, but on the port that it serves alone, where it asks each who it is. */
export function networkPolicy(deployment: Deployment): Manifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: namespaced(deployment, deployment.name),
    spec: {
      podSelector: { matchLabels: selectorOf(deployment.name, "apiserver") },
      policyTypes: ["Ingress"],
      // The control plane's addresses differ from cluster to cluster: add `from` where yours are known.
      ingress: [{ ports: [{ port: containerPort, protocol: "TCP" }] }],
    },
  };
}

/** What tells the Prometheus operator to scrape the server. https://prometheus-operator.dev/docs/api-reference/api/ */
export function serviceMonitor(deployment: Deployment): Manifest {
  const { name, namespace } = deployment;
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "ServiceMonitor",
    metadata: namespaced(deployment, name),
    spec: {
      selector: { matchLabels: selectorOf(name, "apiserver") },
      endpoints: [
        {
          port: "https",
          scheme: "https",
          path: "/metrics",
          bearerTokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token",
          tlsConfig: {
            serverName: `${name}.${namespace}.svc`,
            ca: { secret: { name: `${name}-serving`, key: "ca.crt" } },
          },
        },
      ],
    },
  };
}
