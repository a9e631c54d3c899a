import { fieldsOf, getObject, itemsOf, openKubectl, type ClusterChoice, type Kubectl } from "./kubectl.ts";
import { deleteObjects, describeObject, liveObjects, type LiveObject } from "./live-objects.ts";

/** What `delete in-cluster` was asked for. */
export interface DeleteRequest {
  /** What the server's objects are called. */
  readonly name: string;
  /** Whether the volumes stay, with what is stored in them. */
  readonly keepData: boolean;
  readonly dryRun: boolean;
  readonly cluster: ClusterChoice;
  /** How long what is asked to go may take for that, each part of it. */
  readonly timeoutMs: number;
}

/**
 * Takes a server out of a cluster. Its APIServices go first, since nothing in the whole cluster could list all APIs, or
 * remove a namespace, while one leads nowhere; the namespace goes last, if this command made it and it is empty.
 */
export async function deleteInCluster(request: DeleteRequest, tell: (line: string) => void): Promise<void> {
  const { name, keepData, dryRun, cluster, timeoutMs } = request;
  const kubectl = openKubectl(cluster);
  const live = await liveObjects(kubectl, name);
  if (live.length === 0) {
    tell(`the cluster has nothing of ${name}`);
    return;
  }
  const [apiServices, rest] = parted(live, isOf("APIService"));
  const [pods, others] = parted(rest, isOf("Deployment", "StatefulSet"));
  const [namespaces, parts] = parted(others, isOf("Namespace"));
  const [kept, going] = parted(parts, (object) => keepData && isOf("PersistentVolumeClaim")(object));
  for (const group of [apiServices, pods, going]) {
    for (const object of group) tell(`${dryRun ? "would delete" : "deleting"} ${describeObject(object)}`);
    if (!dryRun) await deleteObjects(kubectl, group, Math.ceil(timeoutMs / 1000));
  }
  for (const object of kept) tell(`${describeObject(object)} stays, with what is stored in it`);
  for (const namespace of namespaces) {
    const left = dryRun ? [] : await contentsOf(kubectl, namespace.metadata.name);
    if (left.length > 0) {
      tell(`${describeObject(namespace)} stays: it has ${left.slice(0, 5).join(", ")}${left.length > 5 ? ", …" : ""}`);
      continue;
    }
    tell(`${dryRun ? "would delete" : "deleting"} ${describeObject(namespace)}`);
    if (!dryRun) await deleteObjects(kubectl, [namespace], Math.ceil(timeoutMs / 1000));
  }
}

function isOf(...kinds: readonly string[]): (object: LiveObject) => boolean {
  return ({ kind }) => kinds.includes(kind);
}

function parted<T>(all: readonly T[], belongs: (one: T) => boolean): [T[], T[]] {
  return [all.filter(belongs), all.filter((one) => !belongs(one))];
}

/** What every namespace has, and what only tells of others. */
const incidental = /^(ConfigMap\/kube-root-ca\.crt|ServiceAccount\/default|(Event|Endpoints|EndpointSlice)\/.*)$/;

/** What somebody else has in a namespace: not what every namespace has, nor what goes with its owner. */
async function contentsOf(kubectl: Kubectl, namespace: string): Promise<string[]> {
  const resources = (await kubectl(["api-resources", "--namespaced", "--verbs=list,delete", "--output=name"])).trim();
  const all = resources.split("\n").join(",");
  const objects = await getObject(kubectl, [all, `--namespace=${namespace}`]);
  return itemsOf(objects?.["items"]).flatMap(({ kind, metadata: unread }) => {
    const metadata = fieldsOf(unread);
    const what = `${String(kind)}/${String(metadata["name"])}`;
    return incidental.test(what) || itemsOf(metadata["ownerReferences"]).length > 0 ? [] : [what];
  });
}
