import { fieldsOf, itemsOf, type Fields } from "../deploy/kubectl.ts";
import type { ApiServiceFacts, PodFacts, ServiceFacts, WorkloadFacts } from "./facts.ts";

/** What an APIService says of itself. */
export function apiServiceFacts(object: Fields): ApiServiceFacts {
  const spec = fieldsOf(object["spec"]);
  const condition = itemsOf(fieldsOf(object["status"])["conditions"]).find(({ type }) => type === "Available");
  const { caBundle, service } = spec;
  const { namespace, name, port = 443 } = fieldsOf(service);
  return {
    group: String(spec["group"] ?? ""),
    version: String(spec["version"]),
    service:
      service === undefined || service === null
        ? undefined
        : { namespace: String(namespace), name: String(name), port: Number(port) },
    caBundle: typeof caBundle === "string" ? Buffer.from(caBundle, "base64").toString() : "",
    skipsVerification: spec["insecureSkipTLSVerify"] === true,
    available: String(condition?.["status"] ?? ""),
    reason: String(condition?.["reason"] ?? ""),
    message: String(condition?.["message"] ?? ""),
  };
}

/** What a Service leads to. */
export function serviceFacts(object: Fields): ServiceFacts {
  const { type = "ClusterIP", selector, ports } = fieldsOf(object["spec"]);
  return {
    type: String(type),
    selector: fieldsOf(selector) as Readonly<Record<string, string>>,
    ports: itemsOf(ports).map(({ port, targetPort }) => ({
      port: Number(port),
      targetPort: typeof targetPort === "string" ? targetPort : Number(targetPort ?? port),
    })),
  };
}

/** Which of the Deployments makes pods that a selector finds. */
export function workloadOf(
  deployments: readonly Fields[],
  selector: Readonly<Record<string, string>>,
): WorkloadFacts | undefined {
  const wanted = Object.entries(selector);
  const found = deployments.find((deployment) => {
    const labels = fieldsOf(fieldsOf(templateOf(deployment)["metadata"])["labels"]);
    return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
  });
  return found === undefined ? undefined : workloadFacts(found);
}

function templateOf(deployment: Fields): Fields {
  return fieldsOf(fieldsOf(deployment["spec"])["template"]);
}

function workloadFacts(deployment: Fields): WorkloadFacts {
  const pod = fieldsOf(templateOf(deployment)["spec"]);
  const containers = itemsOf(pod["containers"]);
  const status = fieldsOf(deployment["status"]);
  const secret = itemsOf(pod["volumes"]).map((volume) => fieldsOf(volume["secret"])["secretName"]);
  const secretName = secret.find((name) => typeof name === "string");
  return {
    name: String(fieldsOf(deployment["metadata"])["name"]),
    image: String(containers[0]?.["image"] ?? ""),
    replicas: Number(fieldsOf(deployment["spec"])["replicas"] ?? 1),
    readyReplicas: Number(status["readyReplicas"] ?? 0),
    ports: containers
      .flatMap((container) => itemsOf(container["ports"]))
      .map(({ name, containerPort }) => ({ name: String(name ?? ""), containerPort: Number(containerPort) })),
    serviceAccount: String(pod["serviceAccountName"] ?? "default"),
    secretName,
    complaint: complaintOf(itemsOf(status["conditions"])),
  };
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status */
function complaintOf(conditions: readonly Fields[]): string | undefined {
  const bad = conditions.find(
    ({ type, status }) =>
      (type === "ReplicaFailure" && status === "True") || (type === "Progressing" && status === "False"),
  );
  return bad === undefined ? undefined : `${String(bad["reason"])}: ${String(bad["message"])}`;
}

/** Why a pod is not ready; nothing if it is. */
export function podFacts(pod: Fields): PodFacts[] {
  const name = String(fieldsOf(pod["metadata"])["name"]);
  const status = fieldsOf(pod["status"]);
  const conditions = itemsOf(status["conditions"]);
  const ready = conditions.find(({ type }) => type === "Ready");
  if (ready?.["status"] === "True") return [];
  for (const container of itemsOf(status["containerStatuses"])) {
    const { waiting, terminated } = fieldsOf(container["state"]);
    const state = fieldsOf(waiting ?? terminated);
    if (typeof state["reason"] !== "string") continue;
    return [{ name, reason: state["reason"], message: String(state["message"] ?? "") }];
  }
  const bad = conditions.find(({ type, status: is }) => type === "PodScheduled" && is === "False") ?? ready;
  const reason = String(bad?.["reason"] ?? status["phase"] ?? "Unknown");
  return [{ name, reason, message: String(bad?.["message"] ?? "") }];
}

/** The namespaces that cannot go because nobody knows what they have of a group version. */
export function stuckBy(namespaces: readonly Fields[], groupVersion: string): string[] {
  return namespaces.flatMap((namespace) => {
    const { phase, conditions } = fieldsOf(namespace["status"]);
    const stuck = itemsOf(conditions).some(
      ({ type, status, message }) =>
        type === "NamespaceDeletionDiscoveryFailure" && status === "True" && String(message).includes(groupVersion),
    );
    return phase === "Terminating" && stuck ? [String(fieldsOf(namespace["metadata"])["name"])] : [];
  });
}
