import type { Diagnosis } from "./diagnosis.ts";
import type { Facts, PodFacts, ServiceFacts, WorkloadFacts } from "./facts.ts";

/** What is wrong on the way from an APIService through its service to pods. */
export function serviceDiagnoses(facts: Facts): Diagnosis[] {
  const target = facts.apiService?.service;
  if (target === undefined) return [];
  const where = `${target.namespace}/${target.name}`;
  if (!facts.namespaceExists) {
    const problem = `the namespace ${target.namespace}, where the APIService leads to, does not exist`;
    return [{ code: "namespace-missing", problem, mend: applyAgain }];
  }
  const { service } = facts;
  if (service === undefined) {
    return [{ code: "service-missing", problem: `the Service ${where} does not exist`, mend: applyAgain }];
  }
  const port = service.ports.find((each) => each.port === target.port);
  if (port === undefined) {
    const has = service.ports.map((each) => each.port).join(", ");
    const problem = `the APIService leads to port ${target.port} of the Service ${where}, which has only ${has || "none"}`;
    // What somebody else put beside the applied port has the same name, so that another cannot be applied.
    const mend = `kubectl --namespace=${target.namespace} delete service ${target.name}\n${applyAgain}`;
    return [{ code: "service-port", problem, mend }];
  }
  if (service.type === "ExternalName") return [];
  const wrongPort = targetPortDiagnosis(facts, port.targetPort, where);
  return wrongPort === undefined ? podDiagnoses(facts, service, where) : [wrongPort];
}

const applyAgain = "apiserver-boot run in-cluster      # applies what config/ says";

function targetPortDiagnosis({ workload }: Facts, target: number | string, where: string): Diagnosis | undefined {
  if (workload === undefined || workload.ports.length === 0) return undefined;
  const fits = workload.ports.some(({ name, containerPort }) => name === target || containerPort === target);
  if (fits) return undefined;
  const listens = workload.ports.map(({ containerPort }) => containerPort).join(", ");
  return {
    code: "target-port",
    problem: `the Service ${where} leads to port ${target} of its pods, which listen on ${listens}`,
    mend: applyAgain,
  };
}

function podDiagnoses(facts: Facts, service: ServiceFacts, where: string): Diagnosis[] {
  const { endpoints, workload, pods } = facts;
  if (endpoints.ready > 0) return [];
  const namespace = where.split("/")[0] ?? "";
  if (workload === undefined) {
    const labels = Object.entries(service.selector).map(([key, value]) => `${key}=${value}`);
    const problem = `the Service ${where} has no endpoints: no Deployment has pods with the labels ${labels.join(",")}`;
    return [{ code: "no-workload", problem, mend: applyAgain }];
  }
  if (workload.replicas === 0) {
    const problem = `the Service ${where} has no endpoints: the Deployment ${workload.name} is scaled to 0`;
    const mend = `kubectl --namespace=${namespace} scale deployment ${workload.name} --replicas=1`;
    return [{ code: "scaled-to-zero", problem, mend }];
  }
  if (pods.length > 0) return pods.slice(0, 3).map((pod) => podDiagnosis(pod, workload, namespace));
  return [
    {
      code: "no-endpoints",
      problem:
        `the Service ${where} has no endpoints: the Deployment ${workload.name} has ${workload.readyReplicas} of ` +
        `${workload.replicas} pods ready${workload.complaint === undefined ? "" : `; ${workload.complaint}`}`,
      mend: `kubectl --namespace=${namespace} describe deployment ${workload.name}`,
    },
  ];
}

function podDiagnosis({ name, reason, message }: PodFacts, { image }: WorkloadFacts, namespace: string): Diagnosis {
  const problem = `the pod ${namespace}/${name} is not ready: ${reason}${message === "" ? "" : `: ${message}`}`;
  if (/ImagePull|ErrImage|InvalidImageName/.test(reason)) {
    const mend = `apiserver-boot run in-cluster --build-image --push-image      # the nodes do not get ${image}`;
    return { code: "image", problem, mend };
  }
  if (/CrashLoop|Error/.test(reason)) {
    return { code: "crash", problem, mend: `kubectl --namespace=${namespace} logs ${name} --previous` };
  }
  return { code: "pod-not-ready", problem, mend: `kubectl --namespace=${namespace} describe pod ${name}` };
}
