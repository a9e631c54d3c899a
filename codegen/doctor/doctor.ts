import type { Manifest } from "../deploy/deployment.ts";
import type { Kubectl } from "../deploy/kubectl.ts";
import { diagnose } from "./diagnose.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { gatherFacts } from "./gather.ts";

/** Looks at an APIService and all that it depends on, and says what is wrong; `objects` are what a project was rendered as. */
export async function diagnoseApiService(
  kubectl: Kubectl,
  name: string,
  { objects }: { readonly objects?: readonly Manifest[] | undefined },
): Promise<Diagnosis[]> {
  return diagnose(await gatherFacts(kubectl, name, objects));
}
