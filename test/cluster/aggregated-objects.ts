import type { ClusterObject } from "./control-plane.ts";

/** How one API group version is registered at the aggregator. */
export interface Registration {
  /** Of the Service, the service account and what belongs to them. */
  readonly name: string;
  readonly namespace: string;
  /** The name that the serving certificate must have. */
  readonly host: string;
  /** The name of the APIService. */
  readonly apiService: string;
  /** The Service and the APIService. */
  readonly objects: readonly ClusterObject[];
}

/** Names a server after its group, and describes how kube-apiserver reaches it. */
export function registration(
  { group, version }: { readonly group: string; readonly version: string },
  { port, authority }: { readonly port: number; readonly authority: string },
): Registration {
  const name = `${group.split(".")[0]}-server`;
  const namespace = `${name}-system`;
  const apiService = `${version}.${group}`;
  const service: ClusterObject = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    // kube-apiserver takes such a service for what its name resolves to; endpoints on the loopback address are refused.
    spec: { type: "ExternalName", externalName: "localhost" },
  };
  const aggregated: ClusterObject = {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: apiService },
    spec: {
      group,
      version,
      groupPriorityMinimum: 1000,
      versionPriority: 15,
      service: { name, namespace, port },
      caBundle: Buffer.from(authority).toString("base64"),
    },
  };
  return { name, namespace, host: `${name}.${namespace}.svc`, apiService, objects: [service, aggregated] };
}

/**
 * The namespace and service account of a server, with the rights that an aggregated server needs.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/setup-extension-api-server/
 */
export function serverAccount({ name, namespace }: Registration, mayWatchAdmission: boolean): ClusterObject[] {
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  const clusterRole = (role: string): object => ({ apiGroup: rbac, kind: "ClusterRole", name: role });
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: `${name}-auth-delegator` },
      subjects,
      roleRef: clusterRole("system:auth-delegator"),
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { name: `${name}-auth-reader`, namespace: "kube-system" },
      subjects,
      roleRef: { apiGroup: rbac, kind: "Role", name: "extension-apiserver-authentication-reader" },
    },
    ...(mayWatchAdmission ? admissionRights(name, subjects) : []),
  ];
}

const rbac = "rbac.authorization.k8s.io";

function admissionRights(name: string, subjects: readonly object[]): ClusterObject[] {
  const verbs = ["get", "list", "watch"];
  const role = `${name}-admission`;
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name: role },
      rules: [
        { apiGroups: [""], resources: ["namespaces"], verbs },
        {
          apiGroups: ["admissionregistration.k8s.io"],
          resources: ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
          verbs,
        },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: role },
      subjects,
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
    },
  ];
}
