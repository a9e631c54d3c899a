import { fieldsOf, getObjects, itemsOf, KubectlError, type Fields, type Kubectl } from "../deploy/kubectl.ts";
import type { Manifest } from "../deploy/deployment.ts";
import { expectedOf } from "./expected.ts";
import type { ApiServiceFacts, DiscoveryFacts, Facts, WorkloadFacts } from "./facts.ts";
import { rightsOf } from "./rights.ts";
import { apiServiceFacts, podFacts, serviceFacts, stuckBy, workloadOf } from "./read-objects.ts";

/** Looks at an APIService, and at all that it depends on; `objects` are those that a project was rendered as, if there is one. */
export async function gatherFacts(
  kubectl: Kubectl,
  name: string,
  objects: readonly Manifest[] | undefined,
): Promise<Facts> {
  const view = new View(kubectl);
  const [all, namespaces] = await Promise.all([
    view.list("APIServices", ["apiservices.apiregistration.k8s.io"]),
    view.list("namespaces", ["namespaces"]),
  ]);
  const object = all?.find((each) => fieldsOf(each["metadata"])["name"] === name);
  const [version = "", ...groupParts] = name.split(".");
  const group = groupParts.join(".");
  const apiService =
    all === undefined ? hiddenService(group, version) : object === undefined ? undefined : apiServiceFacts(object);
  const [behind, customResources, discovery] = await Promise.all([
    lookBehind(view, apiService, objects !== undefined),
    customResourcesOf(view, group, version),
    discoveryOf(view, apiService),
  ]);
  const target = apiService?.service?.namespace;
  return {
    now: new Date(),
    name,
    apiService,
    namespaceExists: namespaces?.some((each) => fieldsOf(each["metadata"])["name"] === target) ?? true,
    ...behind,
    discovery,
    expected: objects === undefined ? undefined : expectedOf(objects, name),
    customResources,
    versionsInCluster: (all ?? []).flatMap((each) => {
      const spec = fieldsOf(each["spec"]);
      return spec["group"] === group ? [String(spec["version"])] : [];
    }),
    stuckNamespaces: stuckBy(namespaces ?? [], `${group}/${version}`),
    unseen: view.unseen,
  };
}

/** An APIService that this user may not see. */
function hiddenService(group: string, version: string): ApiServiceFacts {
  const unknown = { caBundle: "", skipsVerification: true, available: "True", reason: "", message: "" };
  return { group, version, service: undefined, ...unknown };
}

/** The cluster as this user sees it. */
class View {
  readonly kubectl: Kubectl;
  /** What he may not look at, in words. */
  readonly unseen: string[] = [];

  constructor(kubectl: Kubectl) {
    this.kubectl = kubectl;
  }

  /** What kubectl prints; undefined, and told, where the user may not. */
  async ask<T>(what: string, asked: () => Promise<T>): Promise<T | undefined> {
    try {
      return await asked();
    } catch (error) {
      if (!(error instanceof KubectlError && /forbidden/i.test(error.message))) throw error;
      this.unseen.push(what);
      return undefined;
    }
  }

  list(what: string, args: readonly string[]): Promise<readonly Fields[] | undefined> {
    return this.ask(what, () => getObjects(this.kubectl, args));
  }
}

type Behind = Pick<Facts, "service" | "endpoints" | "workload" | "pods" | "secret" | "serviceAccountExists" | "rights">;

/** Looks at what an APIService leads to. */
async function lookBehind(view: View, apiService: ApiServiceFacts | undefined, isOurs: boolean): Promise<Behind> {
  const target = apiService?.service;
  const nothing = { endpoints: { ready: 0, notReady: 0 }, workload: undefined, pods: [], secret: undefined };
  if (target === undefined) return { ...nothing, service: undefined, serviceAccountExists: true, rights: [] };
  const { namespace, name, port } = target;
  const here = `--namespace=${namespace}`;
  const slicesOf = `--selector=kubernetes.io/service-name=${name}`;
  const [services, slices, deployments] = await Promise.all([
    view.list(`Services in ${namespace}`, ["services", name, here]),
    view.list(`EndpointSlices in ${namespace}`, ["endpointslices.discovery.k8s.io", here, slicesOf]),
    view.list(`Deployments in ${namespace}`, ["deployments.apps", here]),
  ]);
  const unknown = { type: "ExternalName", selector: {}, ports: [{ port, targetPort: port }] };
  const service = services === undefined ? unknown : services.map(serviceFacts)[0];
  const workload = workloadOf(deployments ?? [], service?.selector ?? {});
  const seen = slices !== undefined && deployments !== undefined;
  return {
    service,
    endpoints: seen ? endpointsOf(slices) : { ready: 1, notReady: 0 },
    pods: await podsOf(view, here, service?.selector ?? {}),
    ...(await lookAtWorkload(view, namespace, workload, isOurs)),
  };
}

async function lookAtWorkload(
  view: View,
  namespace: string,
  workload: WorkloadFacts | undefined,
  isOurs: boolean,
): Promise<Pick<Behind, "workload" | "secret" | "serviceAccountExists" | "rights">> {
  if (workload === undefined) return { workload, secret: undefined, serviceAccountExists: true, rights: [] };
  const { secretName, serviceAccount } = workload;
  const here = `--namespace=${namespace}`;
  const [secrets, accounts, rights] = await Promise.all([
    secretName === undefined ? [] : view.list(`Secrets in ${namespace}`, ["secrets", secretName, here]),
    view.list(`ServiceAccounts in ${namespace}`, ["serviceaccounts", serviceAccount, here]),
    rightsOf(view.kubectl, `system:serviceaccount:${namespace}:${serviceAccount}`, isOurs),
  ]);
  const [secret] = secrets ?? [];
  const text = fieldsOf(secret?.["data"])["tls.crt"];
  const certificate = typeof text === "string" ? Buffer.from(text, "base64").toString() : undefined;
  return {
    // A Secret that may not be seen is taken to be there.
    workload: secrets === undefined ? { ...workload, secretName: undefined } : workload,
    secret: secret === undefined || secretName === undefined ? undefined : { name: secretName, certificate },
    serviceAccountExists: accounts === undefined || accounts.length > 0,
    rights,
  };
}

async function podsOf(view: View, here: string, selector: Readonly<Record<string, string>>): Promise<Facts["pods"]> {
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  if (labels.length === 0) return [];
  const pods = await view.list("pods", ["pods", here, `--selector=${labels.join(",")}`]);
  return (pods ?? []).flatMap(podFacts);
}

function endpointsOf(slices: readonly Fields[]): Facts["endpoints"] {
  const all = slices.flatMap((slice) => itemsOf(slice["endpoints"]));
  const ready = all.filter((endpoint) => fieldsOf(endpoint["conditions"])["ready"] !== false).length;
  return { ready, notReady: all.length - ready };
}

async function customResourcesOf(view: View, group: string, version: string): Promise<string[]> {
  const each = '{.metadata.name}{" "}{range .spec.versions[?(@.served==true)]}{.name}{" "}{end}{"\\n"}';
  const path = `{range .items[?(@.spec.group=="${group}")]}${each}{end}`;
  const ask = (): Promise<string> =>
    view.kubectl(["get", "customresourcedefinitions.apiextensions.k8s.io", `--output=jsonpath=${path}`]);
  const lines = ((await view.ask("CustomResourceDefinitions", ask)) ?? "").split("\n");
  return lines
    .map((line) => line.trim().split(" "))
    .flatMap(([name = "", ...served]) => (served.includes(version) ? [name] : []));
}

async function discoveryOf(view: View, apiService: ApiServiceFacts | undefined): Promise<DiscoveryFacts> {
  if (apiService === undefined) return { kind: "not asked" };
  const { group, version } = apiService;
  try {
    const answer = fieldsOf(JSON.parse(await view.kubectl(["get", "--raw", `/apis/${group}/${version}`])));
    const resources = itemsOf(answer["resources"]).map((resource) => String(resource["name"]));
    return { kind: "answer", groupVersion: String(answer["groupVersion"] ?? ""), resources };
  } catch (error) {
    return { kind: "error", message: error instanceof Error ? error.message : String(error) };
  }
}
