import { setTimeout as pause } from "node:timers/promises";
import { fieldsOf, getObjects, itemsOf, type Fields, type Kubectl } from "./kubectl.ts";

/** What is waited for. */
export interface Awaited {
  readonly namespace: string;
  /** The name of the Deployment, whose pods are to be of its newest template. */
  readonly deployment: string;
  /** The names of the APIServices, which are to be available. */
  readonly apiServices: readonly string[];
}

const lookMs = 1_000;

/**
 * Waits until the cluster runs and reaches what was deployed, telling what it waits for whenever that changes.
 * Gives whether it came to that within the time.
 */
export async function waitUntilAvailable(
  kubectl: Kubectl,
  awaited: Awaited,
  timeoutMs: number,
  tell: (line: string) => void,
): Promise<boolean> {
  const { namespace, deployment, apiServices } = awaited;
  const names = [
    `deployments.apps/${deployment}`,
    ...apiServices.map((name) => `apiservices.apiregistration.k8s.io/${name}`),
  ];
  const deadlineMs = performance.now() + timeoutMs;
  let told = "";
  for (;;) {
    const pending = missing(await getObjects(kubectl, [...names, `--namespace=${namespace}`]), awaited);
    if (pending.length === 0) return true;
    const line = `waiting: ${pending.join("; ")}`;
    if (line !== told) tell(line);
    told = line;
    if (performance.now() > deadlineMs) return false;
    await pause(lookMs);
  }
}

/** What is still missing, in words; nothing when all is as it should be. */
export function missing(objects: readonly Fields[], { deployment, apiServices }: Awaited): string[] {
  const find = (kind: string, name: string): Fields | undefined =>
    objects.find((each) => each["kind"] === kind && fieldsOf(each["metadata"])["name"] === name);
  return [
    missingPods(deployment, find("Deployment", deployment)),
    ...apiServices.map((name) => unavailable(name, find("APIService", name))),
  ].filter((line) => line !== undefined);
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status */
function missingPods(name: string, object: Fields | undefined): string | undefined {
  if (object === undefined) return `Deployment ${name} is not there`;
  const { generation } = fieldsOf(object["metadata"]);
  const { replicas = 1 } = fieldsOf(object["spec"]);
  const status = fieldsOf(object["status"]);
  const number = (field: string): number => Number(status[field] ?? 0);
  if (number("observedGeneration") < Number(generation)) return `Deployment ${name} has not been looked at yet`;
  const [updated, available] = [number("updatedReplicas"), number("availableReplicas")];
  const wanted = Number(replicas);
  if (updated >= wanted && available >= wanted && number("replicas") <= updated) return undefined;
  return `Deployment ${name} has ${updated} of ${wanted} pods of the new template, ${available} available`;
}

function unavailable(name: string, object: Fields | undefined): string | undefined {
  if (object === undefined) return `APIService ${name} is not there`;
  const condition = itemsOf(fieldsOf(object["status"])["conditions"]).find(({ type }) => type === "Available");
  if (condition?.["status"] === "True") return undefined;
  const why =
    condition === undefined ? "not looked at yet" : `${String(condition["reason"])}: ${String(condition["message"])}`;
  return `APIService ${name} is not available (${why.trim()})`;
}
