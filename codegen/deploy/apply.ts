import { setTimeout as pause } from "node:timers/promises";
import type { Deployment, Manifest } from "./deployment.ts";
import { servingSecret } from "./deployment.ts";
import { fieldsOf, getObject, getObjects, itemsOf, type Fields, type Kubectl } from "./kubectl.ts";
import { deleteObjects, describeObject, liveObjects, noLongerRendered } from "./live-objects.ts";
import { overlappingBundle, type LiveCertificates } from "./overlap.ts";

/** Whose fields the applied ones are. https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
const fieldManager = "apiserver-boot";
/** Every kube-apiserver hears of a change within this time. */
const heardMs = 3_000;
const deletionSeconds = 120;

/**
 * Makes the cluster what a deployment was rendered as: new authorities are trusted before any server shows their
 * certificates, APIServices come last, and what is rendered no more goes after all else.
 */
export async function applyDeployment(
  kubectl: Kubectl,
  deployment: Deployment,
  objects: readonly Manifest[],
  tell: (line: string) => void,
): Promise<void> {
  const services = await getObjects(kubectl, ["apiservices.apiregistration.k8s.io", ...apiServiceNames(objects)]);
  const trusting = await withOverlap(kubectl, { deployment, objects, services });
  const early = trusting.filter((object) => isDistrusting(object, services));
  if (early.length > 0) {
    tell("The cluster is to trust the new authority before the server has a certificate of it:");
    await applyObjects(kubectl, early, tell);
    await pause(heardMs);
  }
  await applyObjects(kubectl, trusting, tell);
  const stale = noLongerRendered(await liveObjects(kubectl, deployment.name), objects);
  for (const object of stale) tell(`${describeObject(object)} goes: it is rendered no more`);
  await deleteObjects(kubectl, stale, deletionSeconds);
}

/** The names of the APIServices among objects. */
export function apiServiceNames(objects: readonly Manifest[]): string[] {
  return objects.filter(({ kind }) => kind === "APIService").map(({ metadata }) => metadata.name);
}

async function applyObjects(kubectl: Kubectl, items: readonly Manifest[], tell: (line: string) => void): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items };
  const flags = ["--server-side", "--force-conflicts", `--field-manager=${fieldManager}`, "--filename=-"];
  for (const line of (await kubectl(["apply", ...flags], list)).trim().split("\n")) tell(line);
}

interface Applying {
  readonly deployment: Deployment;
  readonly objects: readonly Manifest[];
  /** The APIServices as the cluster has them. */
  readonly services: readonly Fields[];
}

/** The objects, with APIServices that trust what servers show until they have heard of their new certificate. */
async function withOverlap(kubectl: Kubectl, applying: Applying): Promise<readonly Manifest[]> {
  const { deployment, objects, services } = applying;
  const { certificates, namespace } = deployment;
  if (certificates.kind === "cert-manager" || services.length === 0) return objects;
  const secret = await getObject(kubectl, ["secret", servingSecret(deployment), `--namespace=${namespace}`]);
  return objects.map((object) => {
    const live = services.find((service) => fieldsOf(service["metadata"])["name"] === object.metadata.name);
    if (object.kind !== "APIService" || live === undefined || secret === undefined) return object;
    const bundle = overlappingBundle(certificates.caBundle, liveCertificates(live, secret), new Date());
    return withBundle(object, bundle);
  });
}

function withBundle(object: Manifest, bundle: string): Manifest {
  return { ...object, spec: { ...fieldsOf(object["spec"]), caBundle: Buffer.from(bundle).toString("base64") } };
}

function liveCertificates(service: Fields, secret: Fields): LiveCertificates {
  const times = itemsOf(fieldsOf(secret["metadata"])["managedFields"]).map(({ time }) => Date.parse(String(time)));
  return {
    caBundle: decoded(fieldsOf(service["spec"])["caBundle"]),
    certificate: decoded(fieldsOf(secret["data"])["tls.crt"]),
    changedAt: new Date(Math.max(0, ...times.filter((time) => !Number.isNaN(time)))),
  };
}

function decoded(base64: unknown): string {
  return typeof base64 === "string" ? Buffer.from(base64, "base64").toString() : "";
}

/** Whether an APIService leads where it is to lead, but trusts other authorities than it is to. */
function isDistrusting(object: Manifest, services: readonly Fields[]): boolean {
  if (object.kind !== "APIService") return false;
  const live = services.find((service) => fieldsOf(service["metadata"])["name"] === object.metadata.name);
  const [now, wanted] = [fieldsOf(live?.["spec"]), fieldsOf(object["spec"])];
  const sameService = ["namespace", "name"].every(
    (field) => fieldsOf(now["service"])[field] === fieldsOf(wanted["service"])[field],
  );
  return sameService && wanted["caBundle"] !== undefined && now["caBundle"] !== wanted["caBundle"];
}
