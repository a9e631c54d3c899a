import { accessDiagnoses } from "./access-diagnoses.ts";
import { certificateDiagnoses } from "./certificate-diagnoses.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { discoveryDiagnoses } from "./discovery-diagnoses.ts";
import type { ApiServiceFacts, Facts } from "./facts.ts";
import { serviceDiagnoses } from "./service-diagnoses.ts";

/** Says what is wrong with an APIService, the likeliest cause first; nothing if it is available and will be. */
export function diagnose(facts: Facts): Diagnosis[] {
  const { apiService, name } = facts;
  if (apiService === undefined) {
    const mend = "apiserver-boot run in-cluster      # or: kubectl apply -f config/apiservice.yaml";
    return [
      { code: "api-service-missing", problem: `the APIService ${name} does not exist`, mend },
      ...discoveryDiagnoses(facts),
      ...unseenDiagnoses(facts),
    ];
  }
  const causes = [
    ...serviceDiagnoses(facts),
    ...certificateDiagnoses(facts),
    ...accessDiagnoses(facts),
    ...discoveryDiagnoses(facts),
  ];
  const explained = causes.some(({ code }) => !harmless.has(code));
  const told = apiService.available === "True" || explained ? [] : [toldDiagnosis(facts, apiService)];
  return [...causes, ...told, ...stuckDiagnoses(facts), ...unseenDiagnoses(facts)];
}

/** What does not keep an APIService from being available. */
const harmless: ReadonlySet<string> = new Set(["certificate-expires-soon", "version-missing", "resources-missing"]);

/** What kube-apiserver itself says, where nothing else is to be seen that explains it. */
function toldDiagnosis(facts: Facts, { service, available, reason, message }: ApiServiceFacts): Diagnosis {
  const says = `kube-apiserver says ${reason || available}: ${message.trim() || "nothing more"}`;
  const namespace = service?.namespace ?? "default";
  const workload = facts.workload?.name ?? service?.name ?? "";
  const logs = `kubectl --namespace=${namespace} logs deployment/${workload}`;
  if (available === "" || available === "Unknown") {
    const problem = "kube-apiserver has not looked at the APIService yet";
    return { code: "not-looked-at", problem, mend: `kubectl wait --for=condition=Available apiservice/${facts.name}` };
  }
  if (/x509|certificate/.test(message)) {
    const mend = `kubectl --namespace=${namespace} rollout restart deployment/${workload}      # its pods show another certificate than their Secret has`;
    return { code: "shown-certificate", problem: says, mend };
  }
  if (/connection refused|timeout|deadline exceeded|no route|i\/o timeout|EOF/i.test(message)) {
    const mend = `${logs}\n# or a NetworkPolicy or firewall is between the control plane and the pods' port`;
    return { code: "unreachable", problem: says, mend };
  }
  return { code: "unavailable", problem: says, mend: logs };
}

function stuckDiagnoses({ name, stuckNamespaces }: Facts): Diagnosis[] {
  if (stuckNamespaces.length === 0) return [];
  const problem = `the namespaces ${stuckNamespaces.join(", ")} cannot go: nobody knows whether they have objects of ${name}`;
  const mend = `kubectl delete apiservice ${name}      # if it is not to be mended: then they go by themselves`;
  return [{ code: "stuck-namespaces", problem, mend }];
}

function unseenDiagnoses({ unseen }: Facts): Diagnosis[] {
  return unseen.map((what) => ({
    code: "unseen",
    problem: `this user may not look at ${what}: there may be more that is wrong`,
    mend: "kubectl auth whoami      # and give --context or --kubeconfig of somebody who may",
  }));
}
