import { namespaced, selectorOf, type Deployment, type DeployedStorage, type Manifest } from "./deployment.ts";
import { containerSecurity, podSecurity } from "./pod-security.ts";

type OwnEtcd = Extract<DeployedStorage, { kind: "own-etcd" }>;

const clientPort = 2379;
const peerPort = 2380;
const members = 3;

/** Where the server finds etcd. */
export function etcdServers(name: string, storage: Exclude<DeployedStorage, { kind: "embedded" }>): readonly string[] {
  if (storage.kind === "etcd") return storage.servers;
  return memberNames(name).map((member) => `http://${member}.${name}-etcd:${clientPort}`);
}

function memberNames(name: string): string[] {
  return Array.from({ length: members }, (_, index) => `${name}-etcd-${index}`);
}

/**
 * Three members of etcd, their volumes and their service; nobody but the server's pods reaches them.
 * https://etcd.io/docs/latest/op-guide/kubernetes/
 */
export function ownEtcd(deployment: Deployment, storage: OwnEtcd): Manifest[] {
  const { name } = deployment;
  const selector = selectorOf(name, "etcd");
  const metadata = namespaced(deployment, `${name}-etcd`);
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: {
        clusterIP: "None",
        // Members find each other before any is ready.
        publishNotReadyAddresses: true,
        selector,
        ports: [
          { name: "client", port: clientPort },
          { name: "peer", port: peerPort },
        ],
      },
    },
    {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata,
      spec: {
        serviceName: `${name}-etcd`,
        replicas: members,
        podManagementPolicy: "Parallel",
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: { "app.kubernetes.io/managed-by": "apiserver-boot", ...selector } },
          spec: podOf(name, storage),
        },
        volumeClaimTemplates: [
          {
            metadata: { name: "data", labels: { "app.kubernetes.io/managed-by": "apiserver-boot", ...selector } },
            spec: {
              accessModes: ["ReadWriteOnce"],
              ...(storage.storageClass === undefined ? {} : { storageClassName: storage.storageClass }),
              resources: { requests: { storage: storage.size } },
            },
          },
        ],
      },
    },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata,
      spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata,
      spec: {
        podSelector: { matchLabels: selector },
        policyTypes: ["Ingress"],
        ingress: [
          {
            from: [{ podSelector: { matchLabels: selectorOf(name, "apiserver") } }],
            ports: [{ port: clientPort, protocol: "TCP" }],
          },
          { from: [{ podSelector: { matchLabels: selector } }] },
        ],
      },
    },
  ];
}

function podOf(name: string, { image }: OwnEtcd): object {
  const service = `${name}-etcd`;
  return {
    automountServiceAccountToken: false,
    securityContext: podSecurity,
    containers: [
      {
        name: "etcd",
        image,
        command: ["etcd"],
        args: [
          "--name=$(MEMBER)",
          "--data-dir=/var/lib/etcd/data",
          `--listen-client-urls=http://0.0.0.0:${clientPort}`,
          `--advertise-client-urls=http://$(MEMBER).${service}:${clientPort}`,
          `--listen-peer-urls=http://0.0.0.0:${peerPort}`,
          `--initial-advertise-peer-urls=http://$(MEMBER).${service}:${peerPort}`,
          `--initial-cluster=${memberNames(name)
            .map((member) => `${member}=http://${member}.${service}:${peerPort}`)
            .join(",")}`,
          `--initial-cluster-token=${service}`,
        ],
        env: [{ name: "MEMBER", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
        ports: [
          { name: "client", containerPort: clientPort },
          { name: "peer", containerPort: peerPort },
        ],
        readinessProbe: { httpGet: { path: "/health?serializable=false", port: "client" }, periodSeconds: 5 },
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "1Gi" } },
        securityContext: containerSecurity,
        volumeMounts: [{ name: "data", mountPath: "/var/lib/etcd" }],
      },
    ],
  };
}
