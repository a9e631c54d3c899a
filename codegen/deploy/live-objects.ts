import type { Manifest } from "./deployment.ts";
import { fieldsOf, getObjects, itemsOf, type Fields, type Kubectl } from "./kubectl.ts";

/** An object as the cluster has it. */
export interface LiveObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** Every kind that a deployment may have objects of: groups, and the resources in them. */
const deployedResources: Readonly<Record<string, readonly string[]>> = {
  "apiregistration.k8s.io": ["apiservices"],
  apps: ["deployments", "statefulsets"],
  policy: ["poddisruptionbudgets"],
  "networking.k8s.io": ["networkpolicies"],
  "rbac.authorization.k8s.io": ["clusterroles", "clusterrolebindings", "rolebindings"],
  "monitoring.coreos.com": ["servicemonitors"],
  "cert-manager.io": ["certificates", "issuers"],
};
const deployedCore = ["services", "secrets", "serviceaccounts", "persistentvolumeclaims", "namespaces"];

/** All objects of a deployment that the cluster has, wherever they are, found by their labels. */
export async function liveObjects(kubectl: Kubectl, name: string): Promise<LiveObject[]> {
  const groups = await groupsOf(kubectl);
  const resources = Object.entries(deployedResources).flatMap(([group, names]) =>
    groups.has(group) ? names.map((each) => `${each}.${group}`) : [],
  );
  const labels = `app.kubernetes.io/managed-by=apiserver-boot,app.kubernetes.io/name=${name}`;
  const all = [...resources, ...deployedCore].join(",");
  return (await getObjects(kubectl, [all, "--all-namespaces", `--selector=${labels}`])).map(liveObject);
}

/** What an answer of kubectl says of an object; of a list, each says its kind. */
function liveObject(object: Fields): LiveObject {
  const metadata = fieldsOf(object["metadata"]);
  const { namespace, annotations } = metadata;
  return {
    apiVersion: String(object["apiVersion"]),
    kind: String(object["kind"]),
    metadata: {
      name: String(metadata["name"]),
      ...(typeof namespace === "string" ? { namespace } : {}),
      annotations: fieldsOf(annotations) as Readonly<Record<string, string>>,
    },
  };
}

/** The groups of APIs that the cluster knows, without the core. */
async function groupsOf(kubectl: Kubectl): Promise<Set<string>> {
  const { groups } = fieldsOf(JSON.parse(await kubectl(["get", "--raw", "/apis"])));
  return new Set(itemsOf(groups).map((group) => String(group["name"])));
}

/** Objects that are there, and are rendered no more; what holds data is never among them, nor what others made. */
export function noLongerRendered(
  live: readonly LiveObject[],
  rendered: readonly (LiveObject | Manifest)[],
): LiveObject[] {
  const wanted = new Set(rendered.map(identity));
  return live.filter((object) => !wanted.has(identity(object)) && !isKept(object));
}

const kept: ReadonlySet<string> = new Set(["PersistentVolumeClaim", "Namespace"]);

function isKept({ kind, metadata }: LiveObject): boolean {
  // cert-manager writes the Secrets of the certificates that it was asked for, and gives them their labels.
  return kept.has(kind) || (kind === "Secret" && metadata.annotations?.[certificateName] !== undefined);
}

const certificateName = "cert-manager.io/certificate-name";

function identity({ apiVersion, kind, metadata }: LiveObject | Manifest): string {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  return [group, kind, metadata.namespace ?? "", metadata.name].join("/");
}

/** What an object is called in messages, such as `Service default/skai-demo`. */
export function describeObject({ kind, metadata: { name, namespace } }: LiveObject | Manifest): string {
  return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** Deletes objects, and waits until they are gone. */
export async function deleteObjects(kubectl: Kubectl, objects: readonly LiveObject[], seconds: number): Promise<void> {
  if (objects.length === 0) return;
  const items = objects.map(({ apiVersion, kind, metadata: { name, namespace } }) => ({
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  }));
  const list = { apiVersion: "v1", kind: "List", items };
  await kubectl(["delete", "--filename=-", "--ignore-not-found", "--wait=true", `--timeout=${seconds}s`], list);
}
