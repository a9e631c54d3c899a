import type { Diagnosis } from "./diagnosis.ts";
import type { Facts } from "./facts.ts";

const applyAgain = "apiserver-boot run in-cluster      # applies what config/ says";

/** What is wrong with what an APIService says, and with what its server answers. */
export function discoveryDiagnoses(facts: Facts): Diagnosis[] {
  return [...ownerDiagnoses(facts), ...versionDiagnoses(facts), ...answerDiagnoses(facts)];
}

function ownerDiagnoses({ name, apiService, expected, customResources }: Facts): Diagnosis[] {
  const found: Diagnosis[] = [];
  if (customResources.length > 0 && (apiService?.service !== undefined || expected !== undefined)) {
    const problem =
      `${name} has two owners: the APIService, and the CustomResourceDefinitions ${customResources.join(", ")}; ` +
      "kube-apiserver serves one of them alone";
    const mend = `kubectl delete crd ${customResources.join(" ")}      # with all their objects; or serve another version`;
    found.push({ code: "two-owners", problem, mend });
  }
  const [is, wanted] = [apiService?.service, expected?.service];
  if (apiService !== undefined && wanted !== undefined) {
    const at = (service: typeof is): string =>
      service === undefined ? "kube-apiserver itself" : `the Service ${service.namespace}/${service.name}`;
    if (at(is) !== at(wanted)) {
      const problem = `the APIService leads to ${at(is)}, and not to ${at(wanted)}, as the project says: somebody else owns it`;
      const mend = `kubectl get apiservice ${name} --output=yaml --show-managed-fields      # who it is\n${applyAgain}`;
      found.push({ code: "other-owner", problem, mend });
    }
  }
  return found;
}

function versionDiagnoses({ apiService, expected, versionsInCluster }: Facts): Diagnosis[] {
  if (expected === undefined || apiService === undefined) return [];
  const { group, version } = apiService;
  if (!expected.versions.includes(version)) {
    const problem = `the project serves ${expected.versions.join(", ")} of ${group}, and not ${version}`;
    return [{ code: "version-not-served", problem, mend: `kubectl delete apiservice ${version}.${group}` }];
  }
  return expected.versions
    .filter((each) => !versionsInCluster.includes(each))
    .map((each) => ({
      code: "version-missing",
      problem: `the project serves ${each} of ${group} as well, which the cluster has no APIService for`,
      mend: applyAgain,
    }));
}

function answerDiagnoses({ name, apiService, discovery, expected }: Facts): Diagnosis[] {
  if (apiService?.available !== "True" || discovery.kind === "not asked") return [];
  const { group, version } = apiService;
  if (discovery.kind === "error") {
    const problem = `kube-apiserver has no answer for /apis/${group}/${version}: ${discovery.message}`;
    return [{ code: "discovery-error", problem, mend: `kubectl get --raw /apis/${group}/${version}` }];
  }
  if (discovery.groupVersion !== `${group}/${version}`) {
    const problem = `for ${group}/${version} the server answers with ${discovery.groupVersion || "something else"}`;
    return [{ code: "discovery-wrong", problem, mend: `kubectl get --raw /apis/${group}/${version}` }];
  }
  const lacking = (expected?.resources ?? []).filter((each) => !discovery.resources.includes(each));
  if (lacking.length === 0) return [];
  const problem = `${name} does not serve ${lacking.join(", ")}, which the project has: an older image runs`;
  const mend = "apiserver-boot run in-cluster --build-image --push-image --image NAME:NEW-TAG";
  return [{ code: "resources-missing", problem, mend }];
}
