import { setTimeout as sleep } from "node:timers/promises";
import { forbiddenRequest, StatusError } from "../meta/status-error.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import type { AdmissionPlugin, Attributes } from "./admission.ts";
import type { ClusterLookup } from "./cluster-lookup.ts";
import { forbiddenWrite } from "./forbidden-write.ts";
import { namespaceNotFound, type Namespace, type Namespaces } from "./namespaces.ts";

/** What the plugin looks namespaces up with. */
interface LifecycleOptions {
  readonly namespaces: Namespaces;
  readonly lookup: ClusterLookup;
}

const name = "NamespaceLifecycle";
const immortal: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);
/** A namespace that has just been made may be on its way to the copy, and to all members of the cluster's store. */
const missingWaitMs = 50;

/**
 * Refuses objects in namespaces that are not there, and new ones in those that are being deleted.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#namespacelifecycle
 */
export function namespaceLifecycle(options: LifecycleOptions): AdmissionPlugin {
  const { namespaces, lookup } = options;
  const copies = [namespaces.copy];
  const deleted = recentNames();
  return {
    name,
    mayChange: () => false,
    async admit(write, context) {
      if (isNamespace(write)) return admitNamespace(write, deleted);
      if (write.namespace === "" || write.operation === "DELETE" || isAccessReview(write)) return;
      if (!namespaces.copy.hasSynced && !(await lookup.wait(name, copies, write, context))) return;
      const namespace = await namespaceOf(write, context, options, deleted);
      if (namespace?.terminating === true && write.operation === "CREATE") throw isBeingTerminated(write);
    },
  };
}

function isNamespace({ kind }: Attributes): boolean {
  return kind.group === "" && kind.kind === "Namespace";
}

function admitNamespace({ operation, resource, name: namespace }: Attributes, deleted: RecentNames): void {
  if (operation !== "DELETE") return;
  if (immortal.has(namespace)) throw forbiddenRequest(resource, namespace, "this namespace may not be deleted");
  deleted.add(namespace);
}

/** Reviews of access say nothing of namespaces, so as not to tell which there are. */
function isAccessReview({ resource }: Attributes): boolean {
  return resource.group === "authorization.k8s.io" && resource.resource === "localsubjectaccessreviews";
}

/** The write's namespace; undefined where it cannot be looked up and writes are to pass then. Throws 404 if there is none. */
async function namespaceOf(
  { operation, namespace: wanted }: Attributes,
  context: RequestContext,
  { namespaces, lookup }: LifecycleOptions,
  deleted: RecentNames,
): Promise<Namespace | undefined> {
  let known = namespaces.copy.get(wanted);
  if (known === undefined && operation === "CREATE") {
    await sleep(missingWaitMs, undefined, { ref: false });
    known = namespaces.copy.get(wanted);
  }
  if (known !== undefined && (known.terminating || !deleted.has(wanted))) return known;
  try {
    known = await namespaces.fetch(wanted, context.signal);
  } catch (error) {
    lookup.failed(name, error);
    return undefined;
  }
  if (known === undefined) throw namespaceNotFound(wanted);
  return known;
}

function isBeingTerminated(write: Attributes): StatusError {
  const { namespace } = write;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const { status } = forbiddenWrite(write, why);
  const message = `namespace ${namespace} is being terminated`;
  const causes = [{ reason: "NamespaceTerminating", message, field: "metadata.namespace" }];
  return new StatusError({ ...status, details: { ...status.details, causes } });
}

/** Names of namespaces whose deletion the copy may not know of. */
interface RecentNames {
  add(namespace: string): void;
  has(namespace: string): boolean;
}

const recentMs = 30_000;
const recentMax = 100;

function recentNames(): RecentNames {
  const untilMs = new Map<string, number>();
  return {
    add(namespace) {
      untilMs.delete(namespace);
      untilMs.set(namespace, performance.now() + recentMs);
      const [oldest] = untilMs.keys();
      if (untilMs.size > recentMax && oldest !== undefined) untilMs.delete(oldest);
    },
    has: (namespace) => (untilMs.get(namespace) ?? -Infinity) > performance.now(),
  };
}
