import { containerPort, namespaced, selectorOf, servingSecret, type Deployment, type Manifest } from "./deployment.ts";
import { etcdServers } from "./etcd.ts";
import { containerSecurity, podSecurity } from "./pod-security.ts";

const certificates = "/etc/apiserver/serving";
const data = "/var/lib/apiserver";

/** The server: its account, its pods, the service before them, and the volume of an embedded store. */
export function workload(deployment: Deployment): Manifest[] {
  const { name, serviceAccount, storage } = deployment;
  const replicas = storage.kind === "embedded" ? 1 : 2;
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: namespaced(deployment, serviceAccount),
      automountServiceAccountToken: false,
    },
    ...(storage.kind === "embedded" ? [volumeClaim(deployment, storage.storageClass, storage.size)] : []),
    podsOf(deployment, replicas),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: namespaced(deployment, name),
      spec: {
        selector: selectorOf(name, "apiserver"),
        ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: containerPort }],
      },
    },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: namespaced(deployment, name),
      // Of one pod none may be kept: a node could never be drained.
      spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(name, "apiserver") } },
    },
  ];
}

function volumeClaim(deployment: Deployment, storageClass: string | undefined, size: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: namespaced(deployment, `${deployment.name}-data`),
    spec: {
      accessModes: ["ReadWriteOnce"],
      ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
      resources: { requests: { storage: size } },
    },
  };
}

function podsOf(deployment: Deployment, replicas: number): Manifest {
  const { name, storage, serviceAccount, imagePullSecrets } = deployment;
  const selector = selectorOf(name, "apiserver");
  const pullSecrets = imagePullSecrets.map((secret) => ({ name: secret }));
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: namespaced(deployment, name),
    spec: {
      replicas,
      selector: { matchLabels: selector },
      // The embedded store has one owner at a time.
      strategy:
        storage.kind === "embedded"
          ? { type: "Recreate" }
          : { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: { "app.kubernetes.io/managed-by": "apiserver-boot", ...selector } },
        spec: {
          serviceAccountName: serviceAccount,
          automountServiceAccountToken: true,
          ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets }),
          securityContext: podSecurity,
          // Longer than what is being answered may take, once the pod is no longer sent anything.
          terminationGracePeriodSeconds: 75,
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "kubernetes.io/hostname",
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: { matchLabels: selector },
            },
          ],
          containers: [container(deployment)],
          volumes: [
            { name: "serving", secret: { secretName: servingSecret(deployment), defaultMode: 0o440 } },
            storage.kind === "embedded"
              ? { name: "data", persistentVolumeClaim: { claimName: `${name}-data` } }
              : { name: "data", emptyDir: { sizeLimit: "64Mi" } },
          ],
        },
      },
    },
  };
}

function container(deployment: Deployment): object {
  const { image } = deployment;
  return {
    name: "apiserver",
    image,
    args: serverFlags(deployment),
    ports: [{ name: "https", containerPort, protocol: "TCP" }],
    startupProbe: { ...probe("/livez"), periodSeconds: 2, failureThreshold: 60 },
    livenessProbe: { ...probe("/livez"), periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...probe("/readyz"), periodSeconds: 5, failureThreshold: 2 },
    // Until every node has heard that the pod goes, requests still come.
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    resources: { requests: { cpu: "100m", memory: "192Mi" }, limits: { memory: "1Gi" } },
    securityContext: containerSecurity,
    volumeMounts: [
      { name: "serving", mountPath: certificates, readOnly: true },
      { name: "data", mountPath: data },
    ],
  };
}

function probe(path: string): object {
  return { httpGet: { scheme: "HTTPS", path, port: "https" }, timeoutSeconds: 5 };
}

function serverFlags(deployment: Deployment): string[] {
  const { storage } = deployment;
  return [
    "--bind-address=0.0.0.0",
    `--secure-port=${containerPort}`,
    `--tls-cert-file=${certificates}/tls.crt`,
    `--tls-private-key-file=${certificates}/tls.key`,
    `--data-dir=${data}`,
    ...(storage.kind === "embedded" ? [] : [`--etcd-servers=${etcdServers(deployment.name, storage).join(",")}`]),
    ...deployment.serverFlags,
  ];
}
