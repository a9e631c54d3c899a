import type { Deployed, Manifest } from "./deployment.ts";
import { base64, clusterWide } from "./deployment.ts";

const groupPriority = 2000;
const highestVersionPriority = 100;

/**
 * How the cluster finds each version that is served; a group's versions in the order of their priority.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/setup-extension-api-server/
 */
export function apiServices({ deployment, groupVersions }: Deployed): Manifest[] {
  const { name, namespace, certificates } = deployment;
  const trust = certificates.kind === "local" ? { caBundle: base64(certificates.caBundle) } : {};
  return groupVersions.map(({ group, version }) => {
    const metadata = clusterWide(deployment, `${version}.${group}`);
    const rank = groupVersions.filter((each) => each.group === group).findIndex((each) => each.version === version);
    return {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata:
        certificates.kind === "local"
          ? metadata
          : { ...metadata, annotations: { "cert-manager.io/inject-ca-from": `${namespace}/${name}-serving` } },
      spec: {
        group,
        version,
        groupPriorityMinimum: groupPriority,
        versionPriority: Math.max(1, highestVersionPriority - rank),
        service: { name, namespace, port: 443 },
        ...trust,
      },
    };
  });
}
