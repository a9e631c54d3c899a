import { fieldsOf, getObjects, openKubectl, type ClusterChoice, type Kubectl } from "../deploy/kubectl.ts";
import type { Manifest } from "../deploy/deployment.ts";
import { certificatesIn } from "../deploy/overlap.ts";
import { diagnose } from "./diagnose.ts";
import { describeDiagnoses } from "./diagnosis.ts";
import { diagnoseApiService } from "./doctor.ts";
import { resourcesByService } from "./expected.ts";
import type { Facts } from "./facts.ts";
import { gatherFacts } from "./gather.ts";
import { renderedObjects } from "./rendered.ts";

/** Tells what is wrong with APIServices, those of a project unless others are named. Gives whether all is well. */
export async function doctor(
  root: string,
  named: readonly string[],
  cluster: ClusterChoice,
  tell: (line: string) => void,
): Promise<boolean> {
  const kubectl = openKubectl(cluster);
  const objects = renderedObjects(root);
  const own = [...resourcesByService(objects ?? []).keys()];
  const names = named.length > 0 ? named : own;
  if (names.length === 0) throw new Error(noProject);
  let well = true;
  for (const name of names) {
    const isOurs = own.some((each) => groupOf(each) === groupOf(name));
    const diagnoses = await diagnoseApiService(kubectl, name, isOurs ? { objects } : {});
    tell(describeDiagnoses(name, diagnoses));
    well &&= diagnoses.length === 0;
  }
  return well;
}

/** The group in the name of an APIService. */
function groupOf(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}

const noProject =
  "this folder has no config/apiservice.yaml; name an APIService, such as v1alpha1.animal.skai.io, or give --project";

/** Tells how a resource is served, and what is wrong with that. Gives whether all is well. */
export async function showResource(
  root: string,
  resource: string,
  cluster: ClusterChoice,
  tell: (line: string) => void,
): Promise<boolean> {
  const kubectl = openKubectl(cluster);
  const objects = renderedObjects(root);
  const names = await servicesOf(kubectl, resource, objects ?? []);
  if (names.length === 0) {
    throw new Error(
      `neither the project nor the cluster serves ${resource}; kubectl api-resources lists what there is`,
    );
  }
  let well = true;
  for (const name of names) {
    const isOurs = resourcesByService(objects ?? []).has(name);
    const facts = await gatherFacts(kubectl, name, isOurs ? objects : undefined);
    const diagnoses = diagnose(facts);
    tell([...describeFacts(facts), describeDiagnoses(name, diagnoses)].join("\n"));
    well &&= diagnoses.length === 0;
  }
  return well;
}

/** The APIServices that a resource is served by: as the project says, or else those of its group in the cluster. */
async function servicesOf(kubectl: Kubectl, resource: string, objects: readonly Manifest[]): Promise<string[]> {
  const [plural = "", ...group] = resource.split(".");
  const own = [...resourcesByService(objects)]
    .filter(([name, resources]) => resources.includes(plural) && name.endsWith(group.join(".")))
    .map(([name]) => name);
  if (own.length > 0 || group.length === 0) return own;
  const all = await getObjects(kubectl, ["apiservices.apiregistration.k8s.io"]);
  return all
    .filter((service) => fieldsOf(service["spec"])["group"] === group.join("."))
    .map((service) => String(fieldsOf(service["metadata"])["name"]));
}

function describeFacts({ name, apiService, endpoints, workload, secret, discovery }: Facts): string[] {
  const service = apiService?.service;
  const [shown] = certificatesIn(secret?.certificate ?? "");
  const rows: (readonly [string, string | undefined])[] = [
    ["APIService", name],
    ["available", apiService?.available],
    ["service", service === undefined ? undefined : `${service.namespace}/${service.name}:${service.port}`],
    ["endpoints", `${endpoints.ready} ready, ${endpoints.notReady} not ready`],
    ["deployment", workload && `${workload.name}, ${workload.readyReplicas} of ${workload.replicas} pods ready`],
    ["image", workload?.image],
    [
      "certificate",
      shown && `from ${iso(shown.validFrom)} to ${iso(shown.validTo)}, for ${shown.subjectAltName ?? ""}`,
    ],
    ["resources", discovery.kind === "answer" ? discovery.resources.join(", ") : undefined],
  ];
  return rows.flatMap(([what, value]) => (value === undefined ? [] : [`${`${what}:`.padEnd(13)}${value}`]));
}

function iso(time: string): string {
  return new Date(time).toISOString();
}
