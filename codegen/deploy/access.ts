import type { GroupVersion, Kind } from "../model/model.ts";
import { clusterWide, labelsOf, type Deployed, type Deployment, type Manifest } from "./deployment.ts";

/** One rule of a role. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#role-and-clusterrole */
interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const looking = ["get", "list", "watch"];
const changing = ["create", "update", "patch", "delete", "deletecollection"];

/** What the server looks at in the cluster: each rule is there for a part of it that would not work without. */
const lookedAt: readonly PolicyRule[] = [
  // Nothing is created in a namespace that is not there, or that goes.
  { apiGroups: [""], resources: ["namespaces"], verbs: looking },
  // Webhooks are asked about writes of the kinds that are served here, too.
  {
    apiGroups: ["admissionregistration.k8s.io"],
    resources: ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
    verbs: looking,
  },
];

/** What the server may do in the cluster, and what the cluster's own roles let people do with the kinds that it serves. */
export function access({ deployment, groupVersions }: Deployed): Manifest[] {
  const { name } = deployment;
  return [
    role(clusterWide(deployment, `${name}-apiserver`), lookedAt),
    binding(deployment, `${name}-apiserver`, { kind: "ClusterRole", name: `${name}-apiserver` }),
    // It asks the cluster who a token belongs to, and who may do what.
    binding(deployment, `${name}-auth-delegator`, { kind: "ClusterRole", name: "system:auth-delegator" }),
    {
      // And reads whose certificates the front proxy and clients come with.
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: `${name}-auth-reader`, namespace: "kube-system", labels: labelsOf(deployment) },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "Role",
        name: "extension-apiserver-authentication-reader",
      },
      subjects: [subjectOf(deployment)],
    },
    aggregated(deployment, "view", servedRules(groupVersions, looking, viewed)),
    aggregated(deployment, "edit", servedRules(groupVersions, changing, edited)),
    aggregated(deployment, "admin", servedRules(groupVersions, ["update", "patch"], administered)),
  ].filter((manifest) => manifest !== undefined);
}

function role(metadata: Manifest["metadata"], rules: readonly PolicyRule[]): Manifest {
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata, rules };
}

function binding(
  deployment: Deployment,
  name: string,
  ref: { readonly kind: string; readonly name: string },
): Manifest {
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: clusterWide(deployment, name),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", ...ref },
    subjects: [subjectOf(deployment)],
  };
}

function subjectOf({ serviceAccount, namespace }: Deployment): object {
  return { kind: "ServiceAccount", name: serviceAccount, namespace };
}

/**
 * A role whose rules the cluster adds to its own role of that name.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
 */
function aggregated(deployment: Deployment, to: string, rules: readonly PolicyRule[]): Manifest | undefined {
  if (rules.length === 0) return undefined;
  const metadata = clusterWide(deployment, `${deployment.name}-${to}`);
  const label = { [`rbac.authorization.k8s.io/aggregate-to-${to}`]: "true" };
  return role({ ...metadata, labels: { ...metadata.labels, ...label } }, rules);
}

function servedRules(
  groupVersions: readonly GroupVersion[],
  verbs: readonly string[],
  resourcesOf: (kind: Kind) => readonly string[],
): PolicyRule[] {
  return [...new Set(groupVersions.map(({ group }) => group))].flatMap((group) => {
    const kinds = groupVersions.filter((each) => each.group === group).flatMap((each) => each.kinds);
    const resources = [...new Set(kinds.flatMap(resourcesOf))].sort();
    return resources.length === 0 ? [] : [{ apiGroups: [group], resources, verbs }];
  });
}

function viewed({ plural, status, scale }: Kind): readonly string[] {
  return [plural, ...(status ? [`${plural}/status`] : []), ...(scale === undefined ? [] : [`${plural}/scale`])];
}

function edited({ plural, scale }: Kind): readonly string[] {
  return [plural, ...(scale === undefined ? [] : [`${plural}/scale`])];
}

// A status is what controllers saw: people who edit objects do not write it.
function administered({ plural, status }: Kind): readonly string[] {
  return status ? [`${plural}/status`] : [];
}
